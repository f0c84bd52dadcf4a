#include <algorithm>

#include "logs/filter_forms.h"

namespace tidemill::logs {

bool TermFilter::Term::in(std::string_view message) const {
  return regex ? regex->equals(message) : contains(message, text);
}

Result<TermFilter::Term> TermFilter::read_term(Scanner& scanner) {
  Term term;
  std::string_view sign;
  if (scanner.accept("?")) {
    term.sign = Sign::optional;
    sign = "?";
  } else if (scanner.accept("-")) {
    term.sign = Sign::exclude;
    sign = "-";
    // AWS's examples also have a blank between the sign and a quoted phrase.
    (void)scanner.done();
  }
  if (scanner.peek() == '%') {
    TM_TRY(term.regex, scanner.regex());
    return term;
  }
  if (scanner.peek() == '"') {
    TM_TRY(term.text, scanner.quoted());
    if (term.text.empty()) return bad_term("\"\"");
    return term;
  }
  const auto bare = scanner.until_blank();
  if (bare.empty() || !std::ranges::all_of(bare, is_word)) {
    return bad_term(std::string(sign) + std::string(bare));
  }
  term.text = bare;
  return term;
}

Result<TermFilter> TermFilter::read(std::string_view text) {
  TermFilter filter;
  Scanner scanner(text);
  while (!scanner.done()) {
    TM_TRY(auto term, read_term(scanner));
    filter.terms_.push_back(std::move(term));
  }
  filter.any_ = std::ranges::all_of(filter.terms_,
                                    [](const Term& term) { return term.sign == Sign::optional; });
  return filter;
}

bool TermFilter::matches(std::string_view message) const {
  const auto found = [message](const Term& term) { return term.in(message); };
  if (any_) return terms_.empty() || std::ranges::any_of(terms_, found);
  return std::ranges::all_of(terms_, [&found](const Term& term) {
    return term.sign == Sign::optional || found(term) == (term.sign == Sign::include);
  });
}

}  // namespace tidemill::logs
