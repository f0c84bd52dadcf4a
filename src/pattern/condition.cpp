#include "pattern/condition.h"

#include <algorithm>

namespace tidemill::pattern {
namespace {

bool check(const Text& t, const Value& v) { return v.kind == Kind::string && v.text == t.text; }

bool check(const SameAddress& t, const Value& v) {
  return v.kind == Kind::string && parse_address(v.text) == t.address;
}

bool check(const Number& t, const Value& v) {
  if (v.kind != Kind::number || t.value.has_value() != v.comparable) return false;
  return t.value ? *t.value == v.number : t.text == v.text;
}

bool check(const Word& t, const Value& v) { return v.kind == t.kind; }

bool check(const Prefix& t, const Value& v) {
  return v.kind == Kind::string && v.text.starts_with(t.text);
}

bool check(const Suffix& t, const Value& v) {
  return v.kind == Kind::string && v.text.ends_with(t.text);
}

bool check(const IgnoreCase& t, const Value& v) {
  if (v.kind != Kind::string) return false;
  switch (t.where) {
    case IgnoreCase::Where::prefix: return t.folded.starts(v.text);
    case IgnoreCase::Where::suffix: return t.folded.ends(v.text);
    case IgnoreCase::Where::whole: return t.folded.equals(v.text);
  }
  return false;
}

bool check(const Like& t, const Value& v) {
  return v.kind == Kind::string && t.wildcard.matches(v.text);
}

bool check(const Range& t, const Value& v) {
  if (!v.comparable) return false;
  if (t.bottom && (t.bottom->open ? v.number <= t.bottom->value : v.number < t.bottom->value)) {
    return false;
  }
  return !t.top || (t.top->open ? v.number < t.top->value : v.number <= t.top->value);
}

bool check(const InNetwork& t, const Value& v) {
  if (v.kind != Kind::string) return false;
  const auto address = parse_address(v.text);
  return address && t.network.contains(*address);
}

bool check(const Exists&, const Value&) { return true; }

}  // namespace

bool holds(const Test& test, const Value& value) {
  return std::visit([&value](const auto& t) { return check(t, value); }, test);
}

bool Condition::holds(const Value& value) const {
  const bool one =
      std::ranges::any_of(any, [&](const Test& test) { return pattern::holds(test, value); });
  return one != negated;
}

bool Alternative::holds(const Value& value) const {
  return std::ranges::all_of(all,
                             [&](const Condition& condition) { return condition.holds(value); });
}

bool Clause::holds(const Value& value) const {
  return std::ranges::any_of(any, [&](const Alternative& one) { return one.holds(value); });
}

std::vector<std::string_view> Clause::exact_texts() const {
  std::vector<std::string_view> texts;
  if (absent) return texts;
  for (const auto& alternative : any) {
    // A conjunction takes no more than its first condition does.
    const auto& condition = alternative.all.front();
    const auto* text = std::get_if<Text>(&condition.any.front());
    if (condition.negated || text == nullptr) return {};
    texts.push_back(text->text);
  }
  return texts;
}

}  // namespace tidemill::pattern
