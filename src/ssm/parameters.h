/// Parameter Store: what is written to parameters and what is told of them. Owned by the server;
/// everything runs in the transaction that it is given.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "base/seal.h"
#include "base/time.h"
#include "events/bus.h"
#include "ssm/filter.h"
#include "ssm/parameter.h"

namespace tidemill::ssm {

/// PutParameter. What isn't given stays as it was in the version before.
struct PutOrder {
  ParameterKey key;
  std::string value;
  std::optional<std::string> type, key_id, description, allowed_pattern, data_type;
  std::string tier;  ///< "" where it isn't given.
  bool overwrite = false;
  Tags tags;
  std::string caller_arn;
};

struct ListQuery {
  Scope scope;
  std::vector<Filter> filters;  ///< Checked.
  std::string after;
  int count = 50;
};

struct ListPage {
  std::vector<Parameter> parameters;
  std::string next;  ///< "" at the end.
};

class Parameters {
 public:
  /// All outlive it.
  struct Parts {
    events::Bus& bus;
    const Sealer& sealer;
    const Clock& clock;
    Random& random;
  };
  explicit Parameters(Parts parts) : parts_(parts) {}

  /// The version that was written. Fails with ParameterAlreadyExists and what check.h says.
  [[nodiscard]] Result<Parameter> put(store::Tx& tx, const PutOrder& order) const;
  /// False where there is none.
  [[nodiscard]] Result<bool> remove(store::Tx& tx, const ParameterKey& key) const;
  /// The value in clear, or of a SecureString, unless `decrypted`, its encrypted form in base64.
  /// Fails with InvalidKeyId where DIR/sealing.key isn't the one that it was sealed with.
  [[nodiscard]] Result<std::string> value_of(const Parameter& parameter, bool decrypted) const;

  [[nodiscard]] static Result<ListPage> list(store::Tx& tx, const ListQuery& query);

  /// Moves labels to that version (0: the newest). Gives those that can't be labels.
  struct Labelled {
    std::int64_t version = 0;
    std::vector<std::string> invalid;
  };
  [[nodiscard]] Result<Labelled> label(store::Tx& tx, const ParameterKey& key, std::int64_t version,
                                       std::span<const std::string> labels) const;
  struct Unlabelled {
    std::vector<std::string> removed, invalid;
  };
  [[nodiscard]] static Result<Unlabelled> unlabel(store::Tx& tx, const ParameterKey& key,
                                                  std::int64_t version,
                                                  std::span<const std::string> labels);

  /// Fail with InvalidResourceId where there is no such parameter.
  [[nodiscard]] static Status tag(store::Tx& tx, const ParameterKey& key, const Tags& tags);
  [[nodiscard]] static Status untag(store::Tx& tx, const ParameterKey& key,
                                    std::span<const std::string> keys);
  [[nodiscard]] static Result<Tags> tags(store::Tx& tx, const ParameterKey& key);

  /// Test mode: forgets every parameter.
  [[nodiscard]] static Status reset(store::Tx& tx);

 private:
  [[nodiscard]] Result<Parameter> next_version(const PutOrder& order,
                                               const std::optional<Parameter>& before) const;
  [[nodiscard]] Status publish(store::Tx& tx, const Parameter& parameter,
                               std::string_view operation) const;

  const Parts parts_;
};

}  // namespace tidemill::ssm
