#include "pattern/compile.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <iterator>
#include <utility>
#include <vector>

namespace tidemill::pattern {
namespace {

/// What $or may not have as a name inside.
constexpr std::array<std::string_view, 24> reserved = {"exactly",
                                                       "equals-ignore-case",
                                                       "prefix",
                                                       "suffix",
                                                       "anything-but",
                                                       "exists",
                                                       "wildcard",
                                                       "numeric",
                                                       "cidr",
                                                       "=",
                                                       "<",
                                                       "<=",
                                                       ">",
                                                       ">=",
                                                       "regex",
                                                       "not-wildcard",
                                                       "not-equals-ignore-case",
                                                       "date-after",
                                                       "date-on-or-after",
                                                       "date-before",
                                                       "date-on-or-before",
                                                       "in-date-range",
                                                       "ip-address-in-range",
                                                       "ip-address-not-in-range"};

bool is_reserved(std::string_view name) {
  return std::ranges::find(reserved, name) != reserved.end();
}

/// `json` without the white space between its tokens.
std::string compact(std::string_view json) {
  std::string out;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!quoted && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    out += c;
    if (c == '"') quoted = !quoted;
    if (c == '\\' && i + 1 < json.size()) out += json[++i];
  }
  return out;
}

/// Paths in the order in which AWS asks them, that of their UTF-16 units.
bool before(std::string_view a, std::string_view b) {
  const auto [x, y] = std::ranges::mismatch(a, b);
  if (x == a.end() || y == b.end()) return x == a.end() && y != b.end();
  // Bytes sort like UTF-16, save that U+E000 to U+FFFF come behind the larger characters there.
  const auto rank = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0xee || byte == 0xef ? byte + 0x10 : int{byte};
  };
  return rank(*x) < rank(*y);
}

class Compiler {
 public:
  Compiler(std::string_view text, Options options)
      : text_(text), options_(options), reader_(text) {}

  Read<PatternData> run() {
    TM_TRY(const auto token, reader_.next());
    if (token != Token::begin_object) return reader_.fault("Filter is not an object");
    Rules rules;
    TM_CHECK(object(rules, "", false));
    TM_CHECK(reader_.expect_end());
    for (const auto& rule : rules) {
      Branch branch;
      branch.reserve(rule.size());
      for (const auto& [path, clause] : rule) branch.push_back(clause);
      std::ranges::sort(branch, before, [this](std::uint32_t clause) -> std::string_view {
        return out_.clauses[clause].path;
      });
      out_.branches.push_back(std::move(branch));
    }
    TM_CHECK(check_complexity());
    return std::move(out_);
  }

 private:
  using PathId = std::uint32_t;
  using Rule = std::vector<std::pair<PathId, std::uint32_t>>;  ///< Clause by path, ascending.
  using Rules = std::vector<Rule>;

  /// Reads the members of an object into every one of `rules`; `path` ends in a dot or is empty.
  Read<void> object(Rules& rules, const std::string& path, bool in_or) {
    bool any = false;
    for (;;) {
      TM_TRY(auto token, reader_.next());
      if (token == Token::end_object) break;
      any = true;
      const std::string name(reader_.name());
      if (name == "$or") {
        TM_CHECK(alternatives(rules, path));
        continue;
      }
      if (in_or && is_reserved(name)) {
        return reader_.fault(name +
                             " is Ruler reserved fieldName which cannot be used inside $or.");
      }
      TM_TRY(token, reader_.next());
      const auto inner = path + name;
      if (token == Token::begin_object) {
        TM_CHECK(object(rules, inner + '.', in_or));
      } else if (token == Token::begin_array) {
        TM_CHECK(field(rules, inner));
      } else {
        return reader_.fault(fmt::format("\"{}\" must be an object or an array", name));
      }
    }
    if (!any) return reader_.fault("Empty objects are not allowed");
    return {};
  }

  Read<void> alternatives(Rules& rules, const std::string& path) {
    const auto outer = std::exchange(rules, {});
    TM_TRY(auto token, reader_.next());
    if (token != Token::begin_array) {
      return reader_.fault("It must be an Array followed with $or.");
    }
    std::size_t count = 0;
    for (;; ++count) {
      TM_TRY(token, reader_.next());
      if (token == Token::end_array) break;
      if (token != Token::begin_object) {
        return reader_.fault("Only JSON object is allowed in array of $or relationship.");
      }
      auto branch = outer.empty() ? Rules(1) : outer;
      TM_CHECK(object(branch, path, true));
      if (rules.size() + branch.size() > Pattern::branches_max) {
        return reader_.fault(fmt::format("More than {} combinations of $or are not supported",
                                         Pattern::branches_max));
      }
      std::ranges::move(branch, std::back_inserter(rules));
    }
    if (count < 2) {
      return reader_.fault("There must have at least 2 Objects in $or relationship.");
    }
    return {};
  }

  Read<void> field(Rules& rules, const std::string& path) {
    const auto start = reader_.offset() - 1;
    Clause clause{.path = path, .number = out_.clauses.size()};
    const auto steps = std::size_t(std::ranges::count(path, '.')) + 1;
    if (steps > JsonReader::depth_max) {
      return reader_.fault(
          fmt::format("A path has {} steps, the most is {}", steps, JsonReader::depth_max));
    }
    ExpressionReader expressions(reader_, text_, options_);
    for (;;) {
      TM_TRY(const auto token, reader_.next());
      if (token == Token::end_array) break;
      if (token == Token::begin_object) {
        TM_TRY(const bool present, expressions.read());
        clause.absent = clause.absent || !present;
      } else {
        TM_CHECK(expressions.plain(token));
      }
    }
    clause.program = expressions.take_program();
    if (clause.program.empty() && !clause.absent) {
      return reader_.fault("Empty arrays are not allowed");
    }
    clause.json = compact(text_.substr(start, reader_.offset() - start));
    const auto id = path_id(path);
    if (rules.empty()) rules.emplace_back();
    for (auto& rule : rules) {
      const auto at = std::ranges::lower_bound(rule, id, {}, &Rule::value_type::first);
      const auto number = static_cast<std::uint32_t>(clause.number);
      if (at != rule.end() && at->first == id) {
        at->second = number;
      } else {
        rule.insert(at, {id, number});
      }
      if (rule.size() > Pattern::fields_max) {
        return reader_.fault(
            fmt::format("Size of rule exceeds max value of {}", Pattern::fields_max));
      }
    }
    out_.clauses.push_back(std::move(clause));
    return {};
  }

  PathId path_id(const std::string& path) {
    // A look at a number each: faster than a table for what fits into one pattern.
    const auto hash = std::hash<std::string>()(path);
    for (PathId id = 0; id < paths_.size(); ++id) {
      if (paths_[id].hash == hash && out_.clauses[paths_[id].clause].path == path) return id;
    }
    paths_.push_back({hash, out_.clauses.size()});
    return static_cast<PathId>(paths_.size() - 1);
  }

  Read<void> check_complexity() const {
    constexpr std::size_t complexity_max = 10;
    if (!options_.strict_aws) return {};
    for (const auto& clause : out_.clauses) {
      std::deque<Wildcard> parsed;
      std::vector<const Wildcard*> wildcards;
      for (ProgramReader tests(clause.program); !tests.done();) {
        const auto test = tests.next();
        if (test.ask != Ask::wildcard) continue;
        parsed.push_back(Wildcard::parse(wildcard_text(test.text)).value());
        wildcards.push_back(&parsed.back());
      }
      if (complexity(wildcards, complexity_max) > complexity_max) {
        return std::unexpected(
            Fault{.message = "Rule is too complex - try using fewer wildcard characters or fewer "
                             "repeating character sequences after a wildcard character",
                  .placed = false});
      }
    }
    return {};
  }

  std::string_view text_;
  Options options_;
  JsonReader reader_;
  struct KnownPath {
    std::size_t hash;
    std::size_t clause;  ///< The first with that path.
  };
  std::vector<KnownPath> paths_;
  PatternData out_;
};

}  // namespace

Read<PatternData> compile_pattern(std::string_view text, Options options) {
  return Compiler(text, options).run();
}

}  // namespace tidemill::pattern
