/// A parameter as its rows have it, and how requests name one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/arn.h"
#include "base/time.h"
#include "store/store.h"

namespace tidemill::ssm {

using Tags = std::map<std::string, std::string>;

constexpr std::string_view secure_string = "SecureString";

struct ParameterKey {
  Scope scope;
  std::string name;

  /// "/a/b" and "a" give arn:aws:ssm:REGION:ACCOUNT:parameter/a…: the slash stands once.
  [[nodiscard]] std::string arn() const;
};

/// One version of a parameter.
struct Parameter {
  std::int64_t id = 0;  ///< Of the parameter's row; all versions have the same.
  ParameterKey key;
  std::int64_t version = 0;
  std::string type;
  std::string value;  ///< Sealed, if it is a SecureString.
  std::string key_id, description, allowed_pattern;
  std::string tier = "Standard", data_type = "text";
  TimeMs modified;
  std::string modified_by;  ///< The caller's ARN.

  [[nodiscard]] bool is_secure() const { return type == secure_string; }
};

/// "NAME", "NAME:3", "NAME:label", or an ARN with such an end.
struct Reference {
  ParameterKey key;
  std::string selector;  ///< ":3", ":label" or "".
  bool is_arn = false;   ///< Then the name may have begun with a slash or not.
};
[[nodiscard]] Reference parse_reference(const Scope& scope, std::string_view text);

/// The version that is meant. Fails with ParameterNotFound or ParameterVersionNotFound.
[[nodiscard]] Result<Parameter> require(store::Tx& tx, const Reference& reference);
/// The newest version.
[[nodiscard]] Result<std::optional<Parameter>> find(store::Tx& tx, const ParameterKey& key);

/// The newest versions of the names that begin with `prefix` and follow `after`, in the order of
/// their names, each given to `visit` until it gives false.
[[nodiscard]] Status each_named(store::Tx& tx, const ParameterKey& prefix, std::string_view after,
                                const std::function<bool(Parameter)>& visit);
/// The versions that follow `after`, oldest first, at most `count`.
[[nodiscard]] Result<std::vector<Parameter>> versions_of(store::Tx& tx, std::int64_t id,
                                                         std::int64_t after, std::int64_t count);
[[nodiscard]] Result<std::vector<std::string>> labels_of(store::Tx& tx, std::int64_t id,
                                                         std::int64_t version);
[[nodiscard]] Result<Tags> tags_of(store::Tx& tx, std::int64_t id);

}  // namespace tidemill::ssm
