#include "wire/own_account.h"

#include "base/own_arn.h"

namespace tidemill::wire {
namespace {

bool is_arn(std::string_view name) { return name.ends_with("Arn") || name.ends_with("ARN"); }

}  // namespace

void name_account(const Shape& input, void* request, std::string_view account) {
  for (const auto& member : input.members) {
    if (member.shape->kind != Kind::string) continue;
    const bool is_catalog = member.name == "CatalogId";
    if (!is_catalog && !is_arn(member.name)) continue;
    const auto* given = value_of(member, request);
    if (given == nullptr) continue;
    const auto text = as<std::string>(given);
    as<std::string>(set_value(member, request)) =
        is_catalog && text.empty() ? std::string(account) : own_arn(text, account);
  }
}

}  // namespace tidemill::wire
