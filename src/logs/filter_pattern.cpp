#include "logs/filter_pattern.h"

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "base/encoding.h"
#include "logs/filter_forms.h"

namespace tidemill::logs {
namespace {

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

/// What stands between `opening` and `closing`, which are the text's first and last character.
Result<std::string_view> inside(std::string_view text, char opening, char closing) {
  if (text.size() < 2 || text.back() != closing) {
    return fail(Errc::invalid_argument, "InvalidParameterException",
                fmt::format("If a filter pattern starts with '{}' it must end with '{}'", opening,
                            closing));
  }
  return text.substr(1, text.size() - 2);
}

}  // namespace

struct FilterPattern::Form {
  std::variant<TermFilter, JsonFilter, FieldFilter> filter;
};

Result<FilterPattern> FilterPattern::compile(std::string_view text) {
  if (text.size() > text_bytes_max) {
    return invalid_pattern(fmt::format("a pattern has at most {} bytes", text_bytes_max));
  }
  text = without_blanks(text);
  FilterPattern pattern;
  if (text.empty()) return pattern;
  auto form = std::make_shared<Form>();
  if (text.front() == '{') {
    TM_TRY(const auto condition, inside(text, '{', '}'));
    TM_TRY(form->filter, JsonFilter::read(condition));
  } else if (text.front() == '[') {
    TM_TRY(const auto fields, inside(text, '[', ']'));
    TM_TRY(form->filter, FieldFilter::read(fields));
  } else {
    TM_TRY(form->filter, TermFilter::read(text));
  }
  pattern.form_ = std::move(form);
  return pattern;
}

bool FilterPattern::matches(std::string_view message) const {
  if (!form_) return true;
  return std::visit([message](const auto& filter) { return filter.matches(message); },
                    form_->filter);
}

std::map<std::string, std::string> FilterPattern::values(std::string_view message) const {
  if (!form_) return {};
  return std::visit([message](const auto& filter) { return filter.values(message); },
                    form_->filter);
}

std::map<std::string, std::string> FilterPattern::values(
    std::string_view message, const std::vector<std::string>& selectors) const {
  if (!form_ || selectors.empty()) return {};
  if (std::holds_alternative<JsonFilter>(form_->filter)) {
    return JsonFilter::values(message, selectors);
  }
  auto all = values(message);
  std::erase_if(all, [&](const auto& value) {
    return std::ranges::find(selectors, value.first) == selectors.end();
  });
  return all;
}

bool FilterPattern::takes(std::string_view selector) const {
  if (!form_) return false;
  if (const auto* fields = std::get_if<FieldFilter>(&form_->filter)) return fields->has(selector);
  return std::holds_alternative<JsonFilter>(form_->filter) && JsonFilter::is_selector(selector);
}

}  // namespace tidemill::logs
