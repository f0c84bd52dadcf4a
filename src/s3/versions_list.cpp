// ListObjectVersions: the objects and the older versions, merged in one walk.
#include <limits>

#include "s3/errors.h"
#include "s3/versions.h"

namespace tidemill::s3 {
namespace {

constexpr auto before_all = std::numeric_limits<std::int64_t>::min();
constexpr auto behind_all = std::numeric_limits<std::int64_t>::max();

/// Where in its key's chain the marker is, whether or not its version is still there.
Result<std::int64_t> rank_of(store::Tx& tx, const Bucket& bucket, std::string_view key,
                             const std::string& version_id) {
  if (version_id == null_version) {
    TM_TRY(const auto found, find_version(tx, bucket, key, version_id));
    return found ? -found->object.sequencer : behind_all;
  }
  const auto sequencer = sequencer_of(version_id);
  if (sequencer) return -*sequencer;
  return invalid_argument("Invalid version id specified", "version-id-marker", version_id);
}

Result<ListedVersion> read_listed(const store::Row& row) {
  ListedVersion listed{.object = {.key = row.text(0),
                                  .size = std::uint64_t(row.integer(4)),
                                  .etag = row.text(5),
                                  .modified = {row.integer(6)},
                                  .checksum_kind = row.text(7),
                                  .composite = row.integer(8) != 0,
                                  .storage_class = "STANDARD",
                                  .version = row.text(2)},
                       .marker = row.integer(3) != 0,
                       .latest = row.integer(10) != 0};
  if (row.null(9)) return listed;
  TM_TRY(const auto headers, texts_from_json(row.bytes(9)));
  const auto found = headers.find("x-amz-storage-class");
  if (found != headers.end()) listed.object.storage_class = found->second;
  return listed;
}

}  // namespace

Result<VersionPage> list_versions(store::Tx& tx, const Bucket& bucket, const VersionQuery& query) {
  const auto& keys = query.keys;
  Pager pager(keys);
  VersionPage page;
  // Of a key that the page begins in the middle of, nothing that follows is the latest.
  std::string last_key = keys.after;
  auto step = keys.max == 0 ? Pager::Step::stop : Pager::Step::seek;
  Status parsed;
  const auto look = [&](const store::Row& row) {
    step = pager.next(row.bytes(0));
    if (step != Pager::Step::take) return false;
    auto listed = read_listed(row);
    if (!listed) parsed = std::unexpected(listed.error());
    if (!listed) return false;
    if (listed->object.key != last_key) listed->latest = true;
    last_key = listed->object.key;
    page.versions.push_back(*std::move(listed));
    return true;
  };
  while (step == Pager::Step::seek && !pager.seek().nothing) {
    step = Pager::Step::stop;  // Unless a row says otherwise.
    const auto seek = pager.seek();
    auto rank = seek.inclusive ? before_all : behind_all;
    if (query.version_marker && !seek.inclusive && seek.key == keys.after) {
      TM_TRY(rank, rank_of(tx, bucket, seek.key, *query.version_marker));
    }
    const auto rest = keys.max - pager.count() + 1;
    TM_CHECK(tx.each(
        "SELECT key, -sequencer AS rank, version, 0, size, etag, modified_ms, checksum_kind,"
        " composite, headers, 1 FROM objects"
        " WHERE bucket = $1 AND key >= $2 AND (key > $2 OR -sequencer > $3)"
        " UNION ALL"
        " SELECT key, rank, version, marker, size, etag, modified_ms, checksum_kind,"
        " composite, headers, 0 FROM versions"
        " WHERE bucket = $1 AND (key, rank) > ($2, $3)"
        " ORDER BY key, rank LIMIT $4",
        look, bucket.id, store::Blob{seek.key}, rank, rest));
    TM_CHECK(parsed);
    if (step == Pager::Step::take) break;  // There are no more.
  }
  page.prefixes = pager.prefixes();
  page.truncated = pager.truncated();
  page.end = {.last = pager.last(), .is_prefix = pager.last_is_prefix()};
  return page;
}

}  // namespace tidemill::s3
