/// Secrets Manager: what is written to secrets and what is told of them. Owned by the server;
/// everything runs in the transaction that it is given.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/seal.h"
#include "base/time.h"
#include "secretsmanager/secret.h"

namespace tidemill::secretsmanager {

/// A value that a request brings: text or bytes, and its idempotency token, which becomes the
/// version's id.
struct NewValue {
  std::string bytes;
  bool is_binary = false;
  std::string token;
};

struct CreateOrder {
  Scope scope;
  std::string name, suffix, description, kms_key;
  Tags tags;
  std::optional<NewValue> value;
};

/// DeleteSecret: days until it is gone, none for at once.
struct DeleteOrder {
  std::optional<std::int64_t> days;
  bool at_once = false;
};

/// UpdateSecretVersionStage.
struct StageMove {
  std::string stage;
  std::optional<std::string> from, to;
};

class Secrets {
 public:
  /// All outlive it.
  struct Parts {
    const Sealer& sealer;
    const Clock& clock;
    Random& random;
  };
  explicit Secrets(Parts parts) : parts_(parts) {}

  [[nodiscard]] TimeMs now() const { return parts_.clock.now(); }
  /// Six characters that end an ARN.
  [[nodiscard]] std::string make_suffix() const;

  /// Fails with ResourceExistsException, unless the same token brought the same value before.
  [[nodiscard]] Result<Secret> create(store::Tx& tx, const CreateOrder& order) const;
  /// The version that has the value; with `stages`, by default AWSCURRENT.
  [[nodiscard]] Result<Version> put(store::Tx& tx, const Secret& secret, const NewValue& value,
                                    std::vector<std::string> stages) const;
  /// Description and key, where they are given.
  [[nodiscard]] Status update(store::Tx& tx, const Secret& secret,
                              const std::optional<std::string>& description,
                              const std::optional<std::string>& kms_key) const;
  [[nodiscard]] Status move_stage(store::Tx& tx, const Secret& secret, const StageMove& move) const;

  /// When it will be gone, or is.
  [[nodiscard]] Result<TimeMs> remove(store::Tx& tx, const Secret& secret,
                                      const DeleteOrder& order) const;
  [[nodiscard]] static Status restore(store::Tx& tx, const Secret& secret);

  /// Fails with DecryptionFailure where DIR/sealing.key isn't the one that it was sealed with.
  [[nodiscard]] Result<std::string> open(const Secret& secret, const Version& version) const;
  /// Notes the day on which a value was asked for; true if that is to be written.
  [[nodiscard]] bool is_first_of_day(const Secret& secret, const Version& version) const;
  [[nodiscard]] Status note_access(store::Tx& tx, const Secret& secret,
                                   const Version& version) const;

  [[nodiscard]] Status tag(store::Tx& tx, const Secret& secret, const Tags& tags) const;
  [[nodiscard]] Status untag(store::Tx& tx, const Secret& secret,
                             std::span<const std::string> keys) const;
  /// "" for none.
  [[nodiscard]] static Status set_policy(store::Tx& tx, const Secret& secret,
                                         std::string_view policy);

  /// Deletes what is gone by now.
  [[nodiscard]] Status tidy(store::Tx& tx) const;
  /// Test mode: forgets every secret.
  [[nodiscard]] static Status reset(store::Tx& tx);

 private:
  [[nodiscard]] Result<std::optional<Version>> same_version(store::Tx& tx, const Secret& secret,
                                                            const NewValue& value) const;
  [[nodiscard]] Status touch(store::Tx& tx, const Secret& secret) const;

  const Parts parts_;
};

/// That a secret isn't marked for deletion, as most operations want it.
[[nodiscard]] Status check_not_deleted(const Secret& secret);

}  // namespace tidemill::secretsmanager
