/// Policy documents and the decision over them. Pure: no store, no clock.
/// (AWS: "IAM JSON policy reference", "Policy evaluation logic".)
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace tidemill::iam {

/// Condition keys of a request, names in lower case.
using Conditions = std::map<std::string, std::string>;

/// One question: may this be done to that?
struct Question {
  std::string_view action;    ///< "glue:StartJobRun"
  std::string_view resource;  ///< An ARN, or "*".
  const Conditions& conditions;
  /// Of a trust or resource policy: who asks ("events.amazonaws.com", an ARN, an account id).
  std::string_view principal = {};
};

/// A condition block's one test: operator, key, values (any of which may hold).
struct Test {
  std::string op, key;
  std::vector<std::string> values;
};

struct Statement {
  std::string sid;
  bool allow = false;
  bool not_action = false, not_resource = false, not_principal = false;
  std::vector<std::string> actions, resources, principals;
  std::vector<Test> tests;
};

class Policy {
 public:
  enum class Kind { identity, trust, resource };

  /// Fails with MalformedPolicyDocument in AWS's words. `account` is the owner's: resources whose
  /// ARN leaves it out are of it (base/own_arn.h).
  static Result<Policy> parse(std::string_view document, Kind kind, std::string_view account = {});

  enum class Effect { none, allow, deny };
  /// An explicit deny wins over any allow.
  [[nodiscard]] Effect evaluate(const Question& question) const;

 private:
  std::vector<Statement> statements_;
};

/// '*' stands for any characters, '?' for one; linear but for the last '*'.
[[nodiscard]] bool wildcard_match(std::string_view pattern, std::string_view text, bool fold_case);

}  // namespace tidemill::iam
