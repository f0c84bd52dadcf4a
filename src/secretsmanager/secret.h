/// A secret and its versions as their rows have them, and how requests name one. Functions take the
/// open transaction.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "base/time.h"
#include "store/store.h"

namespace tidemill::secretsmanager {

using Tags = std::map<std::string, std::string>;

constexpr std::string_view current = "AWSCURRENT";
constexpr std::string_view previous = "AWSPREVIOUS";

struct Secret {
  std::int64_t id = 0;
  Scope scope;
  std::string name, suffix;
  std::string description, kms_key, policy;
  TimeMs created, changed;
  std::optional<TimeMs> accessed, deleted, gone;

  /// arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME-SUFFIX
  [[nodiscard]] std::string arn() const;
  [[nodiscard]] bool is_gone(TimeMs now) const { return gone && *gone <= now; }
};

struct Version {
  std::string id;
  std::int64_t seq = 0;
  std::string value;  ///< Sealed; only where a version was asked for by itself.
  bool is_binary = false;
  TimeMs created;
  std::optional<TimeMs> accessed;
  std::vector<std::string> stages;
};

/// Which version a request means: by id, by stage, by both, else AWSCURRENT.
struct Selection {
  std::optional<std::string> version, stage;
};

/// What a name, an ARN, or an ARN without its six characters says.
struct SecretRef {
  Scope scope;
  std::vector<std::pair<std::string, std::string>> tries;  ///< Names, each with a suffix or "".
};
[[nodiscard]] SecretRef parse_ref(const Scope& scope, std::string_view secret_id);
/// Of a secret that isn't there, for the decision whether one may be told so.
[[nodiscard]] std::string arn_of(const SecretRef& ref);

/// Also one that is marked for deletion, until its time is over.
[[nodiscard]] Result<std::optional<Secret>> find(store::Tx& tx, const SecretRef& ref, TimeMs now);
/// Every secret of the account and region.
[[nodiscard]] Result<std::vector<Secret>> all_secrets(store::Tx& tx, const Scope& scope,
                                                      TimeMs now);

/// Oldest first, without their values.
[[nodiscard]] Result<std::vector<Version>> versions_of(store::Tx& tx, const Secret& secret);
/// Fails with ResourceNotFoundException, or InvalidRequestException where they contradict.
[[nodiscard]] Result<Version> require_version(store::Tx& tx, const Secret& secret,
                                              const Selection& selection);
[[nodiscard]] Result<std::optional<Version>> find_version(store::Tx& tx, const Secret& secret,
                                                          std::string_view id);
/// The version that has the stage.
[[nodiscard]] Result<std::optional<std::string>> holder_of(store::Tx& tx, const Secret& secret,
                                                           std::string_view stage);
[[nodiscard]] Result<Tags> tags_of(store::Tx& tx, const Secret& secret);

}  // namespace tidemill::secretsmanager
