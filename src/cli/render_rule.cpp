#include "cli/render_rule.h"

#include <fmt/format.h>

#include "cli/fields.h"
#include "cli/render_deliveries.h"

namespace tidemill::cli {

std::string render_rule(const json::object& rule, Style style) {
  auto out =
      fmt::format("rule {} on bus {}: {}\n", style.strong(text(rule, "name")), text(rule, "bus"),
                  truth(rule, "enabled") ? style.good("enabled") : style.bad("disabled"));
  if (const auto pattern = text(rule, "pattern"); !pattern.empty()) {
    out += fmt::format("  pattern: {}\n", pattern);
  }
  for (const auto& value : list(rule, "targets")) {
    const auto& target = value.as_object();
    out += fmt::format("  target {}: {}\n", text(target, "id"), text(target, "arn"));
    if (!truth(target, "exists")) out += "    " + style.bad("does not exist") + "\n";
    if (const auto denial = text(target, "denial"); !denial.empty()) {
      out += "    " + style.bad(denial) + "\n";
    }
  }
  if (const auto* counts = child(rule, "counts")) {
    const auto batched = number(*counts, "batched").value_or(0);
    out += fmt::format("  deliveries: {} done, {} pending, {} failed{}\n",
                       number(*counts, "done").value_or(0), number(*counts, "pending").value_or(0),
                       number(*counts, "failed").value_or(0),
                       batched > 0 ? fmt::format(", {} in batches", batched) : "");
  }
  for (const auto& batch : list(rule, "batches")) out += render_batch(batch.as_object(), style);
  return out;
}

}  // namespace tidemill::cli
