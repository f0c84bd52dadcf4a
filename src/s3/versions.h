/// What a key was before, in buckets with versioning: older versions and delete markers. The
/// object that a key is now stays in `objects`, so buckets without versions never come here.
/// Functions over an open transaction.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "s3/buckets.h"
#include "s3/listing.h"
#include "s3/object.h"

namespace tidemill::s3 {

/// What clients call the version that has no id.
constexpr std::string_view null_version = "null";

/// 32 characters that tell the sequencer they were made of, so that a place in a listing can be
/// found again when its version is gone.
[[nodiscard]] std::string make_version_id(std::int64_t sequencer, Random& random);
/// nullopt for what isn't such an id.
[[nodiscard]] std::optional<std::int64_t> sequencer_of(std::string_view version_id);

/// How a version is called in answers.
[[nodiscard]] std::string shown_version(std::string_view version);
/// As above, but nothing in a bucket that never had versions.
[[nodiscard]] std::optional<std::string> shown_version(const Bucket& bucket, const Object& object);

/// One member of a key's chain.
struct Version {
  Object object;  ///< Of a delete marker: key, version, modified and sequencer only.
  bool marker = false;
  bool current = false;  ///< In `objects`.
};

/// Fails with InvalidArgument for what can't be a version's id in this bucket.
[[nodiscard]] Result<std::optional<Version>> find_version(store::Tx& tx, const Bucket& bucket,
                                                          std::string_view key,
                                                          std::string_view version_id);
/// What is asked for: by id, or what the key is now. Fails with NoSuchVersion, NoSuchKey (which
/// tells of a delete marker). A marker is given only if the id names it.
[[nodiscard]] Result<Version> require_version(store::Tx& tx, const Bucket& bucket,
                                              const std::string& key,
                                              const std::optional<std::string>& version_id);
/// 405, for what can't be done with a delete marker.
[[nodiscard]] std::unexpected<Error> marker_refuses(std::string_view method, const Version& marker);

/// Makes the key's object an older version. Its row in `objects` stays, to be replaced or dropped.
[[nodiscard]] Status retire_object(store::Tx& tx, std::int64_t bucket, std::string_view key);
/// Makes the newest version the key's object, if it is one and the key has none.
[[nodiscard]] Status promote_newest(store::Tx& tx, std::int64_t bucket, std::string_view key);
[[nodiscard]] Status save_marker(store::Tx& tx, std::int64_t bucket, const Object& marker);
/// Removes the row; the body is the caller's matter.
[[nodiscard]] Status drop_version(store::Tx& tx, std::int64_t bucket, const Version& version);
[[nodiscard]] Status save_tags(store::Tx& tx, std::int64_t bucket, const Version& version,
                               const Texts& tags);

struct ListedVersion {
  ListedObject object;
  bool marker = false, latest = false;
};
struct VersionQuery {
  ListQuery keys;  ///< Its `after` is the key marker.
  std::optional<std::string> version_marker;
};
struct VersionPage {
  std::vector<ListedVersion> versions;
  std::vector<std::string> prefixes;
  bool truncated = false;
  PageEnd end;
};
/// Newest first within a key.
[[nodiscard]] Result<VersionPage> list_versions(store::Tx& tx, const Bucket& bucket,
                                                const VersionQuery& query);

}  // namespace tidemill::s3
