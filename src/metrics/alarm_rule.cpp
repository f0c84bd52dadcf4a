#include "metrics/alarm_rule.h"

#include <algorithm>
#include <cctype>
#include <charconv>
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

  static std::unexpected<Error> too_many() {
    return bad_rule(fmt::format("A rule has at most {} elements", elements_max));
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
    if (++elements_ > elements_max) return too_many();
    if (accept('(')) {
      TM_TRY(auto inside, joined(AlarmRule::Kind::any));
      if (!accept(')')) return unsupported();
      return inside;
    }
    AlarmRule rule;
    if (accept_word("NOT")) {
      TM_TRY(auto part, single());
      return negation(std::move(part));
    }
    for (const auto constant : {"TRUE", "FALSE"}) {
      if (!accept_word(constant)) continue;
      rule.value = std::string_view(constant) == "TRUE";
      return rule;
    }
    if (accept_word("AT_LEAST")) return at_least();
    if (!accept_state(rule)) return unsupported();
    if (!accept('(')) return unsupported();
    TM_TRY(rule.alarm, name(")("));
    if (!accept(')')) return unsupported();
    return rule;
  }

  bool accept_state(AlarmRule& rule) {
    for (const auto state : {state::alarm, state::ok, state::unknown}) {
      if (!accept_word(state)) continue;
      rule.kind = AlarmRule::Kind::state;
      rule.state = state;
      return true;
    }
    return false;
  }

  /// (2, NOT ALARM, (a, "b", c))
  Result<AlarmRule> at_least() {
    AlarmRule rule, part;
    rule.kind = AlarmRule::Kind::at_least;
    if (!accept('(')) return unsupported();
    TM_TRY(rule.least, count());
    rule.is_percent = accept('%');
    if (!accept(',')) return unsupported();
    const bool is_not = accept_word("NOT");
    if (!accept_state(part) || !accept(',') || !accept('(')) return unsupported();
    do {
      if (++elements_ > elements_max) return too_many();
      TM_TRY(part.alarm, name(",)("));
      rule.parts.push_back(is_not ? negation(part) : part);
    } while (accept(','));
    if (!accept(')') || !accept(')')) return unsupported();
    const auto most = rule.is_percent ? 100 : int(rule.parts.size());
    if (rule.least >= 1 && rule.least <= most) return rule;
    return bad_rule(fmt::format("AT_LEAST needs a number from 1 to {}, not {}", most, rule.least));
  }

  static AlarmRule negation(AlarmRule part) {
    AlarmRule rule;
    rule.kind = AlarmRule::Kind::negation;
    rule.parts.push_back(std::move(part));
    return rule;
  }

  Result<int> count() {
    skip_blanks();
    int number = 0;
    const auto read = std::from_chars(text_.data() + at_, text_.data() + text_.size(), number);
    if (read.ec != std::errc()) return unsupported();
    at_ = std::size_t(read.ptr - text_.data());
    return number;
  }

  /// "a name", or one that ends before a blank or any of `ends`.
  Result<std::string> name(std::string_view ends) {
    std::string name;
    if (accept('"')) {
      while (at_ < text_.size() && text_[at_] != '"') {
        if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
        name += text_[at_++];
      }
      if (!accept('"')) return bad_rule("A name is not closed");
    } else {
      skip_blanks();
      while (at_ < text_.size() && !ends.contains(text_[at_]) && !is_blank(text_[at_])) {
        name += text_[at_++];
      }
    }
    if (name.empty()) return unsupported();
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
    case Kind::at_least: {
      const auto holding = std::ranges::count_if(parts, part_holds);
      return is_percent ? holding * 100 >= least * std::ssize(parts) : holding >= least;
    }
  }
  return false;
}

}  // namespace tidemill::metrics
