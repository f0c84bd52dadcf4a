#include "pattern/asked.h"

namespace tidemill::pattern {

std::vector<AskedAlternative> alternatives_of(const Clause& clause) {
  std::vector<AskedAlternative> out;
  const std::string_view program = clause.program;
  ProgramReader reader(program);
  std::size_t begin = 0;
  AskedAlternative alternative;
  AskedCondition condition;
  while (!reader.done()) {
    const auto test = reader.next();
    condition.any.push_back(test);
    if (!test.ends_condition) continue;
    condition.negated = test.negated;
    alternative.all.push_back(std::move(condition));
    condition = {};
    if (!test.ends_alternative) continue;
    const auto end = program.size() - reader.left();
    alternative.program = program.substr(begin, end - begin);
    begin = end;
    out.push_back(std::move(alternative));
    alternative = {};
  }
  return out;
}

std::vector<std::string_view> exact_texts(const Clause& clause) {
  std::vector<std::string_view> texts;
  if (clause.absent) return texts;
  for (const auto& alternative : alternatives_of(clause)) {
    // A conjunction takes no more than its first condition does.
    const auto& condition = alternative.all.front();
    if (condition.negated || condition.any.front().ask != Ask::text) return {};
    texts.push_back(condition.any.front().text);
  }
  return texts;
}

std::vector<std::string> steps_of(const Clause& clause) {
  std::vector<std::string> steps;
  std::string_view rest = clause.path;
  for (auto dot = rest.find('.'); dot != rest.npos; dot = rest.find('.')) {
    steps.emplace_back(rest.substr(0, dot));
    rest.remove_prefix(dot + 1);
  }
  steps.emplace_back(rest);
  return steps;
}

}  // namespace tidemill::pattern
