// How the values of partition keys are compared.
#include "glue/catalog/expression.h"

namespace tidemill::glue::catalog {
namespace {

struct Number {
  bool is_negative = false;
  std::string_view whole, fraction;  ///< Without leading and trailing zeros.
};

Number number_of(std::string_view text) {
  Number number;
  number.is_negative = text.starts_with('-');
  if (number.is_negative || text.starts_with('+')) text.remove_prefix(1);
  const auto point = text.find('.');
  number.whole = text.substr(0, point);
  if (point != text.npos) number.fraction = text.substr(point + 1);
  while (number.whole.starts_with('0')) number.whole.remove_prefix(1);
  while (number.fraction.ends_with('0')) number.fraction.remove_suffix(1);
  if (number.whole.empty() && number.fraction.empty()) number.is_negative = false;
  return number;
}

int compare_sizes(const Number& a, const Number& b) {
  if (a.whole.size() != b.whole.size()) return a.whole.size() < b.whole.size() ? -1 : 1;
  const int whole = a.whole.compare(b.whole);
  return whole != 0 ? whole : a.fraction.compare(b.fraction);
}

}  // namespace

int compare_numbers(std::string_view a, std::string_view b) {
  const auto left = number_of(a), right = number_of(b);
  if (left.is_negative != right.is_negative) return left.is_negative ? -1 : 1;
  const int compared = compare_sizes(left, right);
  return left.is_negative ? -compared : compared;
}

bool like(std::string_view text, std::string_view pattern) {
  std::size_t at = 0, in = 0;
  std::size_t star = pattern.npos, star_at = 0;  // The last % and where it was tried.
  while (at < text.size()) {
    if (in < pattern.size() && pattern[in] == '%') {
      star = in++;
      star_at = at;
    } else if (in < pattern.size() && (pattern[in] == '_' || pattern[in] == text[at])) {
      ++in;
      ++at;
    } else if (star != pattern.npos) {
      in = star + 1;
      at = ++star_at;
    } else {
      return false;
    }
  }
  while (in < pattern.size() && pattern[in] == '%') ++in;
  return in == pattern.size();
}

}  // namespace tidemill::glue::catalog
