#include "metrics/alarm_rule.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

#include "metrics/alarm.h"

namespace tidemill::metrics {
namespace {

constexpr int depth_max = 64;
constexpr std::size_t elements_max = 500;

std::unexpected<Error> bad_rule(std::string_view what) {
  return invalid(fmt::format("Error in AlarmRule [{}]", what));
}

bool is_blank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<AlarmRule> read() {
    TM_TRY(auto rule, joined(AlarmRule::Kind::any));
    skip_blanks();
    if (at_ < text_.size()) return unsupported();
    return rule;
  }

 private:
  void skip_blanks() {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
  }
  bool accept(char sign) {
    skip_blanks();
    if (at_ >= text_.size() || text_[at_] != sign) return false;
    ++at_;
    return true;
  }
  /// The word that begins here; nothing is taken.
  std::string_view word() {
    skip_blanks();
    auto end = at_;
    while (end < text_.size() &&
           (std::isupper(static_cast<unsigned char>(text_[end])) != 0 || text_[end] == '_')) {
      ++end;
    }
    return text_.substr(at_, end - at_);
  }
  bool accept_word(std::string_view wanted) {
    if (word() != wanted) return false;
    at_ += wanted.size();
    return true;
  }

  std::unexpected<Error> unsupported() {
    skip_blanks();
    if (at_ >= text_.size()) return bad_rule("The rule ends too early");
    auto token = word();
    if (token.empty()) token = text_.substr(at_, 1);
    return bad_rule(fmt::format("Unsupported token '{}' at char {}", token, at_));
  }

  /// OR binds less than AND.
  Result<AlarmRule> joined(AlarmRule::Kind kind) {
    const bool is_any = kind == AlarmRule::Kind::any;
    const auto part = [&] { return is_any ? joined(AlarmRule::Kind::all) : single(); };
    TM_TRY(auto first, part());
    AlarmRule whole;
    whole.kind = kind;
    whole.parts.push_back(std::move(first));
    while (accept_word(is_any ? "OR" : "AND")) {
      TM_TRY(auto next, part());
      whole.parts.push_back(std::move(next));
    }
    if (whole.parts.size() > 1) return whole;
    auto only = std::move(whole.parts.front());
    return only;
  }

  Result<AlarmRule> single() {
    if (++depth_ > depth_max) return bad_rule("The rule is nested too deep");
    auto rule = unlimited();
    --depth_;
    return rule;
  }

  Result<AlarmRule> unlimited() {
    if (++elements_ > elements_max) {
      return bad_rule(fmt::format("A rule has at most {} elements", elements_max));
    }
    if (accept('(')) {
      TM_TRY(auto inside, joined(AlarmRule::Kind::any));
      if (!accept(')')) return unsupported();
      return inside;
    }
    AlarmRule rule;
    if (accept_word("NOT")) {
      rule.kind = AlarmRule::Kind::negation;
      TM_TRY(auto part, single());
      rule.parts.push_back(std::move(part));
      return rule;
    }
    for (const auto constant : {"TRUE", "FALSE"}) {
      if (!accept_word(constant)) continue;
      rule.value = std::string_view(constant) == "TRUE";
      return rule;
    }
    for (const auto state : {state::alarm, state::ok, state::unknown}) {
      if (!accept_word(state)) continue;
      rule.kind = AlarmRule::Kind::state;
      rule.state = state;
      TM_TRY(rule.alarm, named());
      return rule;
    }
    return unsupported();
  }

  /// ("a name") or (a-name)
  Result<std::string> named() {
    if (!accept('(')) return unsupported();
    std::string name;
    if (accept('"')) {
      while (at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        name += text_[at_++];
      }
      if (!accept('"')) return bad_rule("A name is not closed");
    } else {
      skip_blanks();
      while (at_ < text_.size() && text_[at_] != ')' && text_[at_] != '(' &&
             !is_blank(text_[at_])) {
        name += text_[at_++];
      }
    }
    if (name.empty() || !accept(')')) return unsupported();
    return name;
  }

  const std::string_view text_;
  std::size_t at_ = 0, elements_ = 0;
  int depth_ = 0;
};

void add_alarms(const AlarmRule& rule, std::set<std::string>& names) {
  if (rule.kind == AlarmRule::Kind::state) names.insert(rule.alarm);
  for (const auto& part : rule.parts) add_alarms(part, names);
}

}  // namespace

Result<AlarmRule> AlarmRule::parse(std::string_view text) {
  if (text.empty() || is_blank(text.front()) || is_blank(text.back())) {
    return invalid("AlarmRule must not contain leading or trailing whitespace or be null");
  }
  return Parser(text).read();
}

std::vector<std::string> AlarmRule::alarms() const {
  std::set<std::string> names;
  add_alarms(*this, names);
  return {names.begin(), names.end()};
}

bool AlarmRule::holds(
    const std::function<std::string_view(const std::string& alarm)>& state_of) const {
  const auto part_holds = [&](const AlarmRule& part) { return part.holds(state_of); };
  switch (kind) {
    case Kind::constant: return value;
    case Kind::state: return state_of(alarm) == state;
    case Kind::negation: return !part_holds(parts.front());
    case Kind::all: return std::ranges::all_of(parts, part_holds);
    case Kind::any: return std::ranges::any_of(parts, part_holds);
  }
  return false;
}

}  // namespace tidemill::metrics
