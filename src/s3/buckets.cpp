#include "s3/buckets.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "s3/errors.h"
#include "s3/listing.h"

namespace tidemill::s3 {
namespace {

constexpr std::size_t key_bytes_max = 1024;
constexpr std::string_view home = "us-east-1";

bool is_lower_or_digit(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// Four numbers with dots: what AWS takes for an IP address.
bool looks_like_address(std::string_view name) noexcept {
  int dots = 0;
  for (const char c : name) {
    if (c == '.') ++dots;
    if (c != '.' && (c < '0' || c > '9')) return false;
  }
  return dots == 3;
}

bool is_bucket_name(std::string_view name) noexcept {
  if (name.size() < 3 || name.size() > 63) return false;
  if (!is_lower_or_digit(name.front()) || !is_lower_or_digit(name.back())) return false;
  char before = 'a';
  for (const char c : name) {
    if (!is_lower_or_digit(c) && c != '-' && c != '.') return false;
    if (c == '.' && before == '.') return false;
    before = c;
  }
  return !looks_like_address(name) && !name.starts_with("xn--") && !name.starts_with("sthree-") &&
         !name.ends_with("-s3alias") && !name.ends_with("--ol-s3");
}

/// "eu-central-1", "us-gov-west-1".
bool is_region(std::string_view text) noexcept {
  if (text.size() < 9 || text.size() > 16 || text[2] != '-') return false;
  const auto last = text.rfind('-');
  return text.size() == last + 2 && text[last + 1] >= '1' && text[last + 1] <= '9' &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == last + 1;
}

/// Of the column `eventbridge`.
constexpr std::int64_t events_to_bus = 1, events_to_own = 2;

Bucket read_bucket(const store::Row& row) {
  return {.id = row.integer(0),
          .name = row.text(1),
          .scope = {.account = row.text(2), .region = row.text(3)},
          .created = {row.integer(4)},
          .eventbridge = (row.integer(5) & events_to_bus) != 0,
          .notifies = (row.integer(5) & events_to_own) != 0,
          .versioning = Versioning(row.integer(6))};
}

bool is_account(std::string_view text) noexcept {
  return text.size() == 12 && text.find_first_not_of("0123456789") == text.npos;
}

/// The region of a new bucket.
Result<std::string> choose_region(const std::string& endpoint,
                                  const std::optional<std::string>& constraint) {
  const auto illegal = [](std::string_view what) {
    return fail(Errc::invalid_argument, "IllegalLocationConstraintException",
                fmt::format("The {} location constraint is incompatible for the region specific "
                            "endpoint this request was sent to.",
                            what));
  };
  if (!constraint) {
    if (endpoint != home) return illegal("unspecified");
    return endpoint;
  }
  const std::string wanted = *constraint == "EU" ? "eu-west-1" : *constraint;
  if (endpoint != home) {
    if (wanted != endpoint) return illegal(*constraint);
    return wanted;
  }
  if (wanted != home && is_region(wanted)) return wanted;
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = "The specified location-constraint is not valid",
                               .name = "InvalidLocationConstraint",
                               .details = {{"LocationConstraint", *constraint}}});
}

}  // namespace

Status check_bucket_name(const std::string& name) {
  if (is_bucket_name(name)) return {};
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = "The specified bucket is not valid.",
                               .name = "InvalidBucketName",
                               .details = {{"BucketName", name}}});
}

Status check_key(std::string_view key) {
  if (key.size() > key_bytes_max) {
    return std::unexpected(Error{.code = Errc::invalid_argument,
                                 .message = "Your key is too long",
                                 .name = "KeyTooLongError",
                                 .details = {{"Size", std::to_string(key.size())},
                                             {"MaxSizeAllowed", std::to_string(key_bytes_max)}}});
  }
  if (!is_utf8(key)) {
    return fail(Errc::invalid_argument, "InvalidURI", "Couldn't parse the specified URI.");
  }
  return {};
}

Result<std::optional<Bucket>> find_bucket(store::Tx& tx, std::string_view name) {
  return tx.one(
      "SELECT id, name, account, region, created_ms, eventbridge, versioning FROM buckets"
      " WHERE name = $1",
      read_bucket, name);
}

Result<Bucket> require_bucket(store::Tx& tx, const BucketRequest& request) {
  const auto& expected = request.expected_owner;
  if (expected && !is_account(*expected)) {
    return fail(Errc::invalid_argument, "InvalidBucketOwnerAWSAccountID",
                fmt::format("The value of the expected bucket owner parameter must be an AWS "
                            "Account ID... [{}]",
                            *expected));
  }
  TM_TRY(auto bucket, find_bucket(tx, request.bucket));
  if (!bucket) return no_such_bucket(request.bucket);
  const auto& owner = bucket->scope.account;
  if (owner != request.caller.scope.account || (expected && *expected != owner)) {
    return access_denied();
  }
  return *std::move(bucket);
}

Result<Bucket> create_bucket(store::Tx& tx, const BucketRequest& request,
                             const std::optional<std::string>& constraint, bool has_tags) {
  TM_CHECK(check_bucket_name(request.bucket));
  const auto& scope = request.caller.scope;
  TM_TRY(const auto region, choose_region(scope.region, constraint));
  TM_TRY(auto existing, find_bucket(tx, request.bucket));
  if (existing) {
    const auto refuse = [&](std::string name, std::string message) {
      return std::unexpected(Error{.code = Errc::already_exists,
                                   .message = std::move(message),
                                   .name = std::move(name),
                                   .details = {{"BucketName", request.bucket}}});
    };
    if (existing->scope.account != scope.account) {
      return refuse("BucketAlreadyExists",
                    "The requested bucket name is not available. The bucket namespace is shared by "
                    "all users of the system. Please select a different name and try again.");
    }
    if (scope.region == home && region == existing->scope.region && region == home && !has_tags) {
      return *std::move(existing);
    }
    return refuse("BucketAlreadyOwnedByYou",
                  "Your previous request to create the named bucket succeeded and you already own "
                  "it.");
  }
  const auto now = request.caller.time;
  TM_CHECK(
      tx.exec("INSERT INTO buckets (name, account, region, created_ms, eventbridge)"
              " VALUES ($1, $2, $3, $4, 0)",
              request.bucket, scope.account, region, now.ms));
  TM_TRY(auto made, find_bucket(tx, request.bucket));
  return *std::move(made);
}

Status require_empty(store::Tx& tx, const BucketRequest& request) {
  TM_TRY(const auto bucket, require_bucket(tx, request));
  const auto any = [](const store::Row&) { return true; };
  TM_TRY(const auto object,
         tx.one("SELECT 1 FROM objects WHERE bucket = $1 LIMIT 1", any, bucket.id));
  TM_TRY(const auto version,
         tx.one("SELECT 1 FROM versions WHERE bucket = $1 LIMIT 1", any, bucket.id));
  if (!object && !version) return {};
  std::string message = "The bucket you tried to delete is not empty";
  if (bucket.versioning != Versioning::never) {
    message += ". You must delete all versions in the bucket.";
  }
  return std::unexpected(Error{.code = Errc::conflict,
                               .message = std::move(message),
                               .name = "BucketNotEmpty",
                               .details = {{"BucketName", bucket.name}}});
}

Status delete_bucket(store::Tx& tx, const BucketRequest& request) {
  TM_TRY(const auto bucket, require_bucket(tx, request));
  TM_CHECK(tx.exec("DELETE FROM bucket_settings WHERE bucket = $1", bucket.id));
  TM_CHECK(tx.exec("DELETE FROM buckets WHERE id = $1", bucket.id));
  return {};
}

Result<BucketPage> list_buckets(store::Tx& tx, const BucketQuery& query) {
  BucketPage page;
  const auto take = [&](const store::Row& row) {
    auto bucket = read_bucket(row);
    if (!bucket.name.starts_with(query.prefix)) return true;
    if (query.region && *query.region != bucket.scope.region) return true;
    if (page.buckets.size() == query.max) {
      page.truncated = true;
      return false;
    }
    page.buckets.push_back(std::move(bucket));
    return true;
  };
  TM_CHECK(
      tx.each("SELECT id, name, account, region, created_ms, eventbridge, versioning FROM buckets"
              " WHERE name > $1 AND account = $2 ORDER BY name",
              take, query.after, query.account));
  return page;
}

Result<std::optional<std::string>> load_setting(store::Tx& tx, const Bucket& bucket,
                                                std::string_view name) {
  return tx.one(
      "SELECT value FROM bucket_settings WHERE bucket = $1 AND name = $2",
      [](const store::Row& row) { return row.text(0); }, bucket.id, name);
}

Status save_setting(store::Tx& tx, const Bucket& bucket, std::string_view name,
                    std::string_view value) {
  TM_CHECK(
      tx.exec("INSERT INTO bucket_settings (bucket, name, value) VALUES ($1, $2, $3)"
              " ON CONFLICT (bucket, name) DO UPDATE SET value = excluded.value",
              bucket.id, name, value));
  return {};
}

Status drop_setting(store::Tx& tx, const Bucket& bucket, std::string_view name) {
  TM_CHECK(tx.exec("DELETE FROM bucket_settings WHERE bucket = $1 AND name = $2", bucket.id, name));
  return {};
}

Status set_events(store::Tx& tx, const Bucket& bucket, bool eventbridge, bool notifies) {
  TM_CHECK(tx.exec("UPDATE buckets SET eventbridge = $2 WHERE id = $1", bucket.id,
                   (eventbridge ? events_to_bus : 0) | (notifies ? events_to_own : 0)));
  return {};
}

Status set_versioning(store::Tx& tx, const Bucket& bucket, Versioning versioning) {
  TM_CHECK(tx.exec("UPDATE buckets SET versioning = $2 WHERE id = $1", bucket.id,
                   std::int64_t(versioning)));
  return {};
}

std::string canonical_id(std::string_view account) {
  return sha256_hex(fmt::format("tidemill canonical user {}", account));
}

}  // namespace tidemill::s3
