/// A bucket's lifecycle: which of its objects, versions and uploads have had their time, and when
/// an object's is over. Pure. Transitions between storage classes are kept and shown, not here.
/// (AWS: "Lifecycle configuration elements", "Expiring objects".)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "s3/object.h"

namespace tidemill::s3 {

/// What of an object, a version or a delete marker the rules look at.
struct Aging {
  std::string_view key;
  std::uint64_t size = 0;
  Texts tags = {};
  TimeMs modified;
  bool marker = false;
  std::string version = {};  ///< As clients name it; of a version that isn't the object.
};

[[nodiscard]] Aging aging_of(const Object& object);

/// What there is of one key: the object that it is now, and what it was, newest first. Without an
/// object the newest is the delete marker that took its place.
struct Chain {
  std::optional<Aging> object;
  std::vector<Aging> older;
};

struct LifecycleRule {
  std::string id;
  std::string prefix;
  Texts tags;
  std::optional<std::uint64_t> larger_than, smaller_than;
  std::optional<std::int64_t> days;  ///< Until an object expires; or at a date:
  std::optional<TimeMs> date;
  bool lone_markers = false;  ///< A delete marker with nothing behind it goes.
  bool noncurrent = false;    ///< Older versions go, after so many days, but for the newest ones:
  std::int64_t noncurrent_days = 0;
  std::int64_t newer_kept = 0;
  std::optional<std::int64_t> abort_days;  ///< Until an upload that isn't completed goes.

  [[nodiscard]] bool is_for(const Aging& aging) const;
};

/// When an object will be gone, and by which rule.
struct Expiry {
  TimeMs at;
  std::string rule;
};

class Lifecycle {
 public:
  /// From the setting's JSON; rules that are disabled are left out.
  static Result<Lifecycle> parse(std::string_view text);

  /// The earliest time at which a rule lets the object expire.
  [[nodiscard]] std::optional<Expiry> expiry_of(const Aging& object) const;
  /// Whether the key's object has expired.
  [[nodiscard]] bool is_over(const Aging& object, TimeMs now) const;
  /// Which of the key's older versions and markers have, as indices into `older`.
  [[nodiscard]] std::vector<std::size_t> over_of(const Chain& chain, TimeMs now) const;
  [[nodiscard]] bool is_upload_over(std::string_view key, TimeMs initiated, TimeMs now) const;

  /// Whether there is anything to do about objects, older versions, uploads at all.
  [[nodiscard]] bool expires_objects() const;
  [[nodiscard]] bool expires_versions() const;
  [[nodiscard]] bool aborts_uploads() const;
  /// What the keys begin with that rules are for; none is the beginning of another.
  [[nodiscard]] std::vector<std::string> prefixes() const;

 private:
  std::vector<LifecycleRule> rules_;
};

constexpr std::string_view lifecycle_setting = "lifecycle";

/// `days` after `from`, and then to the next midnight UTC.
[[nodiscard]] TimeMs days_later(TimeMs from, std::int64_t days);
/// x-amz-expiration: expiry-date="Fri, 19 Jan 2024 00:00:00 GMT", rule-id="…"
[[nodiscard]] std::string expiration_header(const Expiry& expiry);

}  // namespace tidemill::s3
