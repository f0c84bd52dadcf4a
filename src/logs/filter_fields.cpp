#include <algorithm>

#include "logs/filter_forms.h"

namespace tidemill::logs {
namespace {

/// Cuts a message at its blanks; what stands in square brackets or double quotes is one field.
class FieldCutter {
 public:
  explicit FieldCutter(std::string_view message) : rest_(message) {}

  std::optional<std::string_view> next() {
    while (!rest_.empty() && is_blank(rest_[0])) rest_.remove_prefix(1);
    if (rest_.empty()) return std::nullopt;
    if (rest_[0] == '[' && bracket_) {
      if (const auto inside = up_to(']', bracket_)) return inside;
    }
    if (rest_[0] == '"' && quote_) {
      if (const auto inside = up_to('"', quote_)) return inside;
    }
    std::size_t end = 0;
    while (end < rest_.size() && !is_blank(rest_[end])) ++end;
    return cut(0, end, end);
  }

 private:
  std::optional<std::string_view> up_to(char closing, bool& any_left) {
    const auto end = rest_.find(closing, 1);
    // Looked for once only: otherwise many opening brackets would cost their square.
    any_left = end != rest_.npos;
    if (!any_left) return std::nullopt;
    return cut(1, end, end + 1);
  }
  std::string_view cut(std::size_t from, std::size_t to, std::size_t next) {
    const auto field = rest_.substr(from, to - from);
    rest_.remove_prefix(next);
    return field;
  }

  std::string_view rest_;
  bool bracket_ = true, quote_ = true;  ///< Whether a closing one may still come.
};

}  // namespace

bool FieldFilter::Field::holds(std::string_view value) const {
  return !condition || condition->holds([value](const Comparison& comparison) {
    return comparison.holds(value);
  });
}

Result<FieldFilter::Field> FieldFilter::read_field(Scanner& scanner) {
  std::string name;
  bool named = false;
  const auto read_leaf = [&](Scanner& in) -> Result<Comparison> {
    (void)in.done();
    const auto found = in.name();
    if (found.empty()) return invalid_pattern("a field's name is missing");
    if (named && found != name) return invalid_pattern("a field's conditions are all on its name");
    name = found;
    named = true;
    return read_comparison(in);
  };
  // A name alone is a field that may be anything; so is nothing at all.
  Scanner ahead = scanner;
  (void)ahead.done();
  const auto alone = ahead.name();
  if (ahead.done() || ahead.peek() == ',') {
    scanner = ahead;
    return Field{std::string(alone), std::nullopt};
  }
  ExpressionReader<Comparison, decltype(read_leaf)> reader(scanner, read_leaf);
  TM_TRY(auto expression, reader.read());
  return Field{std::move(name), std::move(expression)};
}

Result<FieldFilter> FieldFilter::read(std::string_view text) {
  FieldFilter filter;
  Scanner scanner(text);
  do {
    if (scanner.accept("...")) {
      if (filter.open_) return invalid_pattern("\"...\" stands for fields once only");
      filter.open_ = true;
      continue;
    }
    TM_TRY(auto field, read_field(scanner));
    (filter.open_ ? filter.tail_ : filter.head_).push_back(std::move(field));
  } while (scanner.accept(","));
  if (!scanner.done()) return invalid_pattern("fields are separated by commas");
  return filter;
}

bool FieldFilter::matches(std::string_view message) const {
  FieldCutter cutter(message);
  std::size_t count = 0;
  std::vector<std::string_view> last(tail_.size());  // A ring of the latest fields.
  while (const auto field = cutter.next()) {
    if (count < head_.size()) {
      if (!head_[count].holds(*field)) return false;
    } else if (!open_) {
      return false;
    } else if (!tail_.empty()) {
      last[(count - head_.size()) % tail_.size()] = *field;
    }
    ++count;
  }
  if (count < head_.size() + tail_.size()) return false;
  for (std::size_t i = 0; i < tail_.size(); ++i) {
    const auto oldest = count - head_.size() - tail_.size();
    if (!tail_[i].holds(last[(oldest + i) % tail_.size()])) return false;
  }
  return true;
}

FieldValues FieldFilter::values(std::string_view message) const {
  std::vector<std::string_view> fields;
  FieldCutter cutter(message);
  while (const auto field = cutter.next()) fields.push_back(*field);
  FieldValues values;
  const auto add = [&](const Field& field, std::size_t at) {
    const auto name = field.name.empty() ? std::to_string(at + 1) : field.name;
    if (at < fields.size()) values["$" + name] = fields[at];
  };
  for (std::size_t i = 0; i < head_.size(); ++i) add(head_[i], i);
  const auto first = fields.size() - std::min(fields.size(), tail_.size());
  for (std::size_t i = 0; i < tail_.size(); ++i) add(tail_[i], first + i);
  return values;
}

bool FieldFilter::has(std::string_view field) const {
  const auto is_it = [&](const Field& one) {
    return !one.name.empty() && field.starts_with('$') && field.substr(1) == one.name;
  };
  return std::ranges::any_of(head_, is_it) || std::ranges::any_of(tail_, is_it);
}

}  // namespace tidemill::logs
