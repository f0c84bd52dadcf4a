/// A subscription's filter policy: which messages it wants, by their attributes or by their body.
/// The language is that of event patterns, in AWS's strict form. Pure; immutable once made.
/// (AWS: "Amazon SNS message filtering", "Filter policy constraints".)
#pragma once

#include <optional>
#include <string_view>

#include "base/message_attribute.h"
#include "base/texts.h"
#include "pattern/pattern.h"

namespace tidemill::sns {

enum class FilterScope : std::uint8_t { attributes, body };
/// FilterPolicyScope of a subscription's attributes.
[[nodiscard]] FilterScope filter_scope(const Texts& attributes);

class Filter {
 public:
  static constexpr std::size_t keys_max = 5, combinations_max = 150, bytes_max = 256 * 1024;

  /// Fails with invalid_argument in AWS's words ("FilterPolicy: …").
  [[nodiscard]] static Result<Filter> compile(std::string_view policy, FilterScope scope);

  /// What becomes of a message: named as CloudWatch's metrics name it.
  enum class Verdict : std::uint8_t { passes, filtered, no_attributes, invalid_body };
  /// `body`: the message as it was published.
  [[nodiscard]] Verdict judge(const MessageAttributes& attributes, std::string_view body) const;

  [[nodiscard]] FilterScope scope() const noexcept { return scope_; }

 private:
  Filter(std::optional<pattern::Pattern> pattern, FilterScope scope)
      : pattern_(std::move(pattern)), scope_(scope) {}
  std::optional<pattern::Pattern> pattern_;  ///< Without one ({}) all pass.
  FilterScope scope_;
};

}  // namespace tidemill::sns
