#include "s3/versions.h"

#include <array>
#include <limits>

#include <fmt/format.h>

#include "s3/errors.h"

namespace tidemill::s3 {
namespace {

constexpr std::string_view alphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz.";
constexpr std::size_t id_length = 32;
constexpr std::size_t sequencer_length = 10;  // Six bits each.

std::unexpected<Error> invalid_id(std::string_view id) {
  return invalid_argument("Invalid version id specified", "versionId", std::string(id));
}

struct VersionRow {
  ObjectRow object;
  bool marker;
};

Result<std::optional<Version>> unpack(std::optional<VersionRow> row, std::string_view key) {
  if (!row) return std::nullopt;
  TM_TRY(auto object, std::move(row->object).unpacked(key));
  return Version{.object = std::move(object), .marker = row->marker};
}

VersionRow read_version(const store::Row& row) {
  return {read_object_row(row), row.integer(13) != 0};
}

/// The version that `sql` (of select_where) finds; `values` are its $3 and on.
template <class... Values>
Result<std::optional<Version>> find_where(store::Tx& tx, std::int64_t bucket, std::string_view key,
                                          const std::string& sql, const Values&... values) {
  TM_TRY(auto row, tx.one(sql, read_version, bucket, store::Blob{key}, values...));
  return unpack(std::move(row), key);
}

std::string select_where(std::string_view condition) {
  return fmt::format(
      "SELECT body, size, etag, modified_ms, -rank, checksum_kind, checksum, composite,"
      " content_type, headers, metadata, tags, version, marker FROM versions"
      " WHERE bucket = $1 AND key = $2{}",
      condition);
}

Result<std::optional<Version>> find_null(store::Tx& tx, std::int64_t bucket, std::string_view key) {
  static const std::string sql = select_where(" AND version = ''");
  return find_where(tx, bucket, key, sql);
}

Result<std::optional<Version>> find_ranked(store::Tx& tx, std::int64_t bucket, std::string_view key,
                                           std::int64_t rank) {
  static const std::string sql = select_where(" AND rank = $3");
  return find_where(tx, bucket, key, sql, rank);
}

Result<std::optional<Version>> find_newest(store::Tx& tx, std::int64_t bucket,
                                           std::string_view key) {
  static const std::string sql = select_where(" ORDER BY rank LIMIT 1");
  return find_where(tx, bucket, key, sql);
}

}  // namespace

std::string make_version_id(std::int64_t sequencer, Random& random) {
  std::string id(id_length, '0');
  for (std::size_t i = sequencer_length; i-- > 0; sequencer >>= 6) {
    id[i] = alphabet[std::size_t(sequencer) & 63];
  }
  std::array<std::uint8_t, id_length - sequencer_length> bytes{};
  random.fill(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) id[sequencer_length + i] = alphabet[bytes[i] & 63];
  return id;
}

std::optional<std::int64_t> sequencer_of(std::string_view version_id) {
  if (version_id.size() != id_length) return std::nullopt;
  if (version_id.find_first_not_of(alphabet) != version_id.npos) return std::nullopt;
  std::int64_t sequencer = 0;
  for (const char c : version_id.substr(0, sequencer_length)) {
    sequencer = sequencer << 6 | std::int64_t(alphabet.find(c));
  }
  return sequencer;
}

std::string shown_version(std::string_view version) {
  return std::string(version.empty() ? null_version : version);
}

std::optional<std::string> shown_version(const Bucket& bucket, const Object& object) {
  if (bucket.versioning == Versioning::never) return std::nullopt;
  return shown_version(object.version);
}

Result<std::optional<Version>> find_version(store::Tx& tx, const Bucket& bucket,
                                            std::string_view key, std::string_view version_id) {
  const bool null = version_id == null_version;
  const auto sequencer = sequencer_of(version_id);
  if (!null && (!sequencer || bucket.versioning == Versioning::never)) {
    return invalid_id(version_id);
  }
  TM_TRY(auto object, find_object(tx, bucket.id, key));
  if (object && shown_version(object->version) == version_id) {
    return Version{.object = *std::move(object), .current = true};
  }
  if (bucket.versioning == Versioning::never) return std::nullopt;
  if (null) return find_null(tx, bucket.id, key);
  TM_TRY(auto found, find_ranked(tx, bucket.id, key, -*sequencer));
  if (found && found->object.version != version_id) return std::nullopt;
  return found;
}

Result<Version> require_version(store::Tx& tx, const Bucket& bucket, const std::string& key,
                                const std::optional<std::string>& version_id) {
  if (version_id) {
    TM_TRY(auto found, find_version(tx, bucket, key, *version_id));
    if (!found) return no_such_version(key, *version_id);
    return *std::move(found);
  }
  TM_TRY(auto object, find_object(tx, bucket.id, key));
  if (object) return Version{.object = *std::move(object), .current = true};
  auto refused = no_such_key(key);
  if (bucket.versioning == Versioning::never) return refused;
  TM_TRY(const auto newest, find_newest(tx, bucket.id, key));
  if (newest) {
    auto& details = refused.error().details;
    details.emplace_back("x-amz-delete-marker", "true");
    details.emplace_back("x-amz-version-id", shown_version(newest->object.version));
  }
  return refused;
}

std::unexpected<Error> marker_refuses(std::string_view method, const Version& marker) {
  return std::unexpected(
      Error{.code = Errc::method_not_allowed,
            .message = "The specified method is not allowed against this resource.",
            .name = "MethodNotAllowed",
            .details = {{"Method", std::string(method)},
                        {"ResourceType", "DeleteMarker"},
                        {"allow", "DELETE"},
                        {"x-amz-delete-marker", "true"},
                        {"x-amz-version-id", shown_version(marker.object.version)}}});
}

Status retire_object(store::Tx& tx, std::int64_t bucket, std::string_view key) {
  TM_CHECK(
      tx.exec("INSERT INTO versions (bucket, key, rank, version, marker, body, size, etag,"
              " modified_ms, checksum_kind, checksum, composite, content_type, headers, metadata,"
              " tags)"
              " SELECT bucket, key, -sequencer, COALESCE(version, ''), 0, body, size, etag,"
              " modified_ms, checksum_kind, checksum, composite, content_type, headers, metadata,"
              " tags FROM objects WHERE bucket = $1 AND key = $2",
              bucket, store::Blob{key}));
  return {};
}

Status promote_newest(store::Tx& tx, std::int64_t bucket, std::string_view key) {
  TM_TRY(const auto object, find_object(tx, bucket, key));
  if (object) return {};
  TM_TRY(const auto newest, find_newest(tx, bucket, key));
  if (!newest || newest->marker) return {};
  TM_CHECK(save_object(tx, bucket, newest->object));
  return drop_version(tx, bucket, *newest);
}

Status save_marker(store::Tx& tx, std::int64_t bucket, const Object& marker) {
  TM_CHECK(tx.exec(
      "INSERT INTO versions (bucket, key, rank, version, marker, body, size, etag,"
      " modified_ms, checksum_kind, checksum, composite)"
      " VALUES ($1, $2, $3, $4, 1, 0, 0, '', $5, 'CRC64NVME', '', 0)",
      bucket, store::Blob{marker.key}, -marker.sequencer, marker.version, marker.modified.ms));
  return {};
}

Status drop_version(store::Tx& tx, std::int64_t bucket, const Version& version) {
  const auto& object = version.object;
  if (version.current) return drop_object(tx, bucket, object.key);
  TM_CHECK(tx.exec("DELETE FROM versions WHERE bucket = $1 AND key = $2 AND rank = $3", bucket,
                   store::Blob{object.key}, -object.sequencer));
  return {};
}

Status save_tags(store::Tx& tx, std::int64_t bucket, const Version& version, const Texts& tags) {
  const auto& object = version.object;
  if (version.current) {
    TM_CHECK(tx.exec("UPDATE objects SET tags = $3 WHERE bucket = $1 AND key = $2", bucket,
                     store::Blob{object.key}, texts_to_json(tags)));
    return {};
  }
  TM_CHECK(tx.exec("UPDATE versions SET tags = $4 WHERE bucket = $1 AND key = $2 AND rank = $3",
                   bucket, store::Blob{object.key}, -object.sequencer, texts_to_json(tags)));
  return {};
}

}  // namespace tidemill::s3
