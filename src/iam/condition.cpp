#include "iam/condition.h"

#include <charconv>

#include <arpa/inet.h>

#include "base/encoding.h"
#include "base/time.h"

namespace tidemill::iam {
namespace {

struct Operator {
  std::string_view name;
  bool negated;
  bool (*holds)(std::string_view wanted, std::string_view actual);
};

std::optional<double> number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> date(std::string_view text) {
  if (const auto t = parse_iso(text)) return double(t->ms);
  if (const auto seconds = number(text)) return *seconds * 1000;
  return std::nullopt;
}

template <auto Read, auto Compare>
bool compare(std::string_view wanted, std::string_view actual) {
  const auto w = Read(wanted), a = Read(actual);
  return w && a && Compare(*a, *w);
}

constexpr auto equal = [](double a, double b) { return a == b; };
constexpr auto less = [](double a, double b) { return a < b; };
constexpr auto less_equal = [](double a, double b) { return a <= b; };
constexpr auto greater = [](double a, double b) { return a > b; };
constexpr auto greater_equal = [](double a, double b) { return a >= b; };

bool same(std::string_view wanted, std::string_view actual) { return wanted == actual; }
bool same_folded(std::string_view wanted, std::string_view actual) {
  return iequals(wanted, actual);
}
bool like(std::string_view wanted, std::string_view actual) {
  return wildcard_match(wanted, actual, false);
}

/// An address as its bytes: 4 or 16.
std::string address_bytes(const std::string& text) {
  char bytes[16];
  if (inet_pton(AF_INET, text.c_str(), bytes) == 1) return std::string(bytes, 4);
  if (inet_pton(AF_INET6, text.c_str(), bytes) == 1) return std::string(bytes, 16);
  return {};
}

bool in_network(std::string_view wanted, std::string_view actual) {
  const auto slash = std::min(wanted.find('/'), wanted.size());
  const auto network = address_bytes(std::string(wanted.substr(0, slash)));
  const auto address = address_bytes(std::string(actual));
  if (network.empty() || network.size() != address.size()) return false;
  std::size_t bits = network.size() * 8;
  if (slash < wanted.size()) {
    const auto given = number(wanted.substr(slash + 1));
    if (!given || *given < 0 || *given > double(bits)) return false;
    bits = std::size_t(*given);
  }
  for (std::size_t i = 0; i < bits; ++i) {
    const auto mask = char(0x80 >> (i % 8));
    if ((network[i / 8] & mask) != (address[i / 8] & mask)) return false;
  }
  return true;
}

constexpr Operator operators[] = {
    {"StringEquals", false, same},
    {"StringNotEquals", true, same},
    {"StringEqualsIgnoreCase", false, same_folded},
    {"StringNotEqualsIgnoreCase", true, same_folded},
    {"StringLike", false, like},
    {"StringNotLike", true, like},
    {"NumericEquals", false, compare<number, equal>},
    {"NumericNotEquals", true, compare<number, equal>},
    {"NumericLessThan", false, compare<number, less>},
    {"NumericLessThanEquals", false, compare<number, less_equal>},
    {"NumericGreaterThan", false, compare<number, greater>},
    {"NumericGreaterThanEquals", false, compare<number, greater_equal>},
    {"DateEquals", false, compare<date, equal>},
    {"DateNotEquals", true, compare<date, equal>},
    {"DateLessThan", false, compare<date, less>},
    {"DateLessThanEquals", false, compare<date, less_equal>},
    {"DateGreaterThan", false, compare<date, greater>},
    {"DateGreaterThanEquals", false, compare<date, greater_equal>},
    {"Bool", false, same_folded},
    {"BinaryEquals", false, same},
    {"IpAddress", false, in_network},
    {"NotIpAddress", true, in_network},
    {"ArnEquals", false, like},
    {"ArnLike", false, like},
    {"ArnNotEquals", true, like},
    {"ArnNotLike", true, like},
};

struct Parsed {
  const Operator* op = nullptr;
  bool null = false, for_all = false, if_exists = false;
};

std::optional<Parsed> parse_operator(std::string_view name) {
  Parsed parsed;
  if (name.starts_with("ForAllValues:")) {
    parsed.for_all = true;
    name.remove_prefix(13);
  } else if (name.starts_with("ForAnyValue:")) {
    name.remove_prefix(12);
  }
  if (name.ends_with("IfExists")) {
    parsed.if_exists = true;
    name.remove_suffix(8);
  }
  parsed.null = name == "Null";
  for (const auto& op : operators) {
    if (op.name == name) parsed.op = &op;
  }
  if (!parsed.null && parsed.op == nullptr) return std::nullopt;
  return parsed;
}

}  // namespace

bool known_operator(std::string_view op) { return parse_operator(op).has_value(); }

std::optional<std::string> fill_variables(std::string_view text, const Conditions& conditions) {
  std::string out;
  while (true) {
    const auto open = text.find("${");
    out += text.substr(0, open);
    if (open == text.npos) return out;
    const auto close = text.find('}', open);
    if (close == text.npos) return out += text.substr(open);
    const auto name = text.substr(open + 2, close - open - 2);
    if (name == "*" || name == "?" || name == "$") {
      out += name;
    } else {
      const auto found = conditions.find(to_lower(name));
      if (found == conditions.end()) return std::nullopt;
      out += found->second;
    }
    text.remove_prefix(close + 1);
  }
}

bool test_holds(const Test& test, const Conditions& conditions) {
  const auto parsed = parse_operator(test.op);
  if (!parsed) return false;
  const auto actual = conditions.find(test.key);
  if (parsed->null) {
    const bool missing = actual == conditions.end();
    return std::ranges::any_of(test.values, [&](const std::string& wanted) {
      return iequals(wanted, missing ? "true" : "false");
    });
  }
  if (actual == conditions.end()) {
    return parsed->op->negated || parsed->if_exists || parsed->for_all;
  }
  const bool any = std::ranges::any_of(test.values, [&](const std::string& wanted) {
    const auto filled = fill_variables(wanted, conditions);
    return filled && parsed->op->holds(*filled, actual->second);
  });
  return any != parsed->op->negated;
}

}  // namespace tidemill::iam
