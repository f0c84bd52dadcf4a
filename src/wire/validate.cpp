#include "wire/validate.h"

#include <algorithm>
#include <memory>
#include <unordered_map>
#include <vector>

#include <fmt/format.h>
#include <re2/re2.h>

#include "wire/scalar.h"
#include "wire/xml_codec.h"

namespace tidemill::wire {
namespace {

constexpr std::size_t problems_max = 100;

/// UTF-16 code units, as Java counts.
std::int64_t length_of(std::string_view utf8) {
  std::int64_t length = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) != 0x80) length += byte >= 0xf0 ? 2 : 1;
  }
  return length;
}

bool matches(std::string_view pattern, const std::string& text) {
  // The patterns are constants, so their addresses tell them apart.
  thread_local std::unordered_map<const char*, std::unique_ptr<RE2>> compiled;
  auto& regex = compiled[pattern.data()];
  if (!regex) {
    RE2::Options options;
    options.set_log_errors(false);
    regex = std::make_unique<RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  }
  return !regex->ok() || RE2::FullMatch(text, *regex);
}

/// A value as Java's toString() shows it.
std::string shown(const Shape& shape, const void* value) {
  if (shape.sensitive) return "*** Sensitive Data Redacted ***";
  switch (shape.kind) {
    case Kind::list: {
      std::string text = "[";
      for (std::size_t i = 0; i < shape.list->size(value); ++i) {
        text += (i > 0 ? ", " : "") + shown(*shape.element, shape.list->at(value, i));
      }
      return text + "]";
    }
    case Kind::map: {
      std::string text = "{";
      shape.map->each(value, [&](const std::string& key, const void* item) {
        text += (text.size() > 1 ? ", " : "") + key + "=" + shown(*shape.element, item);
      });
      return text + "}";
    }
    case Kind::structure: {
      std::string text;
      for (const auto& member : shape.members) {
        const auto* item = value_of(member, value);
        text += fmt::format("{}{}={}", text.empty() ? "" : ", ", lower_camel(member.name),
                            item == nullptr ? "null" : shown(*member.shape, item));
      }
      return fmt::format("{}({})", shape.name, text);
    }
    default: return write_scalar(shape, value, TimeFormat::unset);
  }
}

std::string at_least(const Shape& shape, std::string_view what) {
  return fmt::format("Member must have {} greater than or equal to {}", what, shape.min);
}

std::string at_most(const Shape& shape, std::string_view what) {
  return fmt::format("Member must have {} less than or equal to {}", what, shape.max);
}

class Checker {
 public:
  explicit Checker(Validation style) : style_(style) {}

  void check_members(const std::string& prefix, const Shape& shape, const void* object) {
    for (const auto& member : shape.members) {
      const auto path = prefix + lower_camel(member.name);
      const auto* value = value_of(member, object);
      if (value != nullptr) {
        check(path, *member.shape, value);
      } else if (member.required) {
        missing(member, path);
      }
    }
  }

  /// The members that broke a constraint, each as "Value … at … failed to satisfy constraint: …".
  std::vector<std::string> problems;

 private:
  void missing(const Member& member, const std::string& path) {
    // A part of the address is never missing in truth: the router took it from there.
    if (member.place == Place::uri) return;
    add(fmt::format("Value null at '{}'", path), "Member must not be null");
  }

  void add(std::string where, std::string_view constraint) {
    if (problems.size() >= problems_max) return;
    problems.push_back(fmt::format("{} failed to satisfy constraint: {}", where, constraint));
  }

  void add(const std::string& path, const Shape& shape, const void* value, std::string constraint) {
    if (style_ == Validation::hidden) {
      // IAM tells neither the value nor what it might have been.
      constraint = constraint.substr(0, constraint.find(": ["));
    }
    if (style_ == Validation::hidden || shape.sensitive) {
      add(fmt::format("Value at '{}'", path), constraint);
    } else {
      add(fmt::format("Value '{}' at '{}'", shown(shape, value), path), constraint);
    }
  }

  void check(const std::string& path, const Shape& shape, const void* value) {
    for (auto& broken : broken_constraints(shape, value)) {
      add(path, shape, value, std::move(broken));
    }
    switch (shape.kind) {
      case Kind::structure: return check_members(path + '.', shape, value);
      case Kind::list: return check_list(path, shape, value);
      case Kind::map: return check_map(path, shape, value);
      default: return;
    }
  }

  void check_list(const std::string& path, const Shape& shape, const void* list) {
    const auto& element = *shape.element;
    const bool scalar = element.kind < Kind::list;
    for (std::size_t i = 0; i < shape.list->size(list); ++i) {
      const auto* value = shape.list->at(list, i);
      if (!scalar) {
        check(fmt::format("{}.{}.member", path, i + 1), element, value);
      } else if (!broken_constraints(element, value).empty()) {
        return add(path, shape, list, all_constraints(element));
      }
    }
  }

  void check_map(const std::string& path, const Shape& shape, const void* map) {
    bool bad_key = false;
    shape.map->each(map, [&](const std::string& key, const void* value) {
      bad_key |= !broken_constraints(*shape.key, &key).empty();
      check(fmt::format("{}.{}.member", path, key), *shape.element, value);
    });
    if (bad_key) {
      auto constraint = all_constraints(*shape.key);
      constraint.replace(0, constraint.find('['), "Map keys must satisfy constraint: ");
      add(path, shape, map, std::move(constraint));
    }
  }

  /// How a list of simple values is refused: with all that its members must be.
  static std::string all_constraints(const Shape& shape) {
    std::vector<std::string> all;
    if (shape.kind == Kind::string || shape.kind == Kind::blob) {
      if (shape.max != Shape::no_max) all.push_back(at_most(shape, "length"));
      if (shape.min != Shape::no_min) all.push_back(at_least(shape, "length"));
    } else {
      if (shape.max != Shape::no_max) all.push_back(at_most(shape, "value"));
      if (shape.min != Shape::no_min) all.push_back(at_least(shape, "value"));
    }
    if (!shape.values.empty()) all.push_back(enum_constraint(shape));
    if (!shape.pattern.empty()) all.push_back(pattern_constraint(shape));
    return fmt::format("Member must satisfy constraint: [{}]", fmt::join(all, ", "));
  }

  static std::string enum_constraint(const Shape& shape) {
    return fmt::format("Member must satisfy enum value set: [{}]", fmt::join(shape.values, ", "));
  }

  static std::string pattern_constraint(const Shape& shape) {
    return fmt::format("Member must satisfy regular expression pattern: {}", shape.pattern);
  }

  static void check_range(const Shape& shape, std::int64_t value, std::string_view what,
                          std::vector<std::string>& broken) {
    if (value < shape.min) broken.push_back(at_least(shape, what));
    if (value > shape.max) broken.push_back(at_most(shape, what));
  }

  static std::vector<std::string> broken_constraints(const Shape& shape, const void* value) {
    std::vector<std::string> broken;
    switch (shape.kind) {
      case Kind::string: check_text(shape, as<std::string>(value), broken); break;
      case Kind::blob:
        check_range(shape, std::int64_t(as<std::string>(value).size()), "length", broken);
        break;
      case Kind::list:
        check_range(shape, std::int64_t(shape.list->size(value)), "length", broken);
        break;
      case Kind::map:
        check_range(shape, std::int64_t(shape.map->size(value)), "length", broken);
        break;
      case Kind::integer: check_range(shape, as<std::int32_t>(value), "value", broken); break;
      case Kind::long_integer: check_range(shape, as<std::int64_t>(value), "value", broken); break;
      case Kind::real: check_real(shape, as<double>(value), broken); break;
      default: break;
    }
    return broken;
  }

  static void check_real(const Shape& shape, double value, std::vector<std::string>& broken) {
    if (shape.min != Shape::no_min && value < static_cast<double>(shape.min)) {
      broken.push_back(at_least(shape, "value"));
    }
    if (shape.max != Shape::no_max && value > static_cast<double>(shape.max)) {
      broken.push_back(at_most(shape, "value"));
    }
  }

  static void check_text(const Shape& shape, const std::string& text,
                         std::vector<std::string>& broken) {
    if (shape.min != Shape::no_min || shape.max != Shape::no_max) {
      check_range(shape, length_of(text), "length", broken);
    }
    if (!shape.values.empty() && std::ranges::find(shape.values, text) == shape.values.end()) {
      broken.push_back(enum_constraint(shape));
    }
    if (!shape.pattern.empty() && !matches(shape.pattern, text)) {
      broken.push_back(pattern_constraint(shape));
    }
  }

  Validation style_;
};

/// S3: what is wrong in the XML is malformed, a missing header is named; the rest is the handler's.
Status validate_s3(const Operation& operation, const void* request) {
  for (const auto& member : operation.input->members) {
    const auto* value = value_of(member, request);
    if (value == nullptr) {
      if (!member.required || member.place == Place::uri) continue;
      if (member.place == Place::payload) {
        Error error{.code = Errc::invalid_argument,
                    .message = "Request body is empty.",
                    .name = "MissingRequestBodyError"};
        return std::unexpected(std::move(error));
      }
      return fail(Errc::invalid_argument, "InvalidRequest",
                  fmt::format("Missing required header for this request: {}", member.wire_name));
    }
    if (member.place != Place::payload || member.shape->kind != Kind::structure) continue;
    Checker checker(Validation::s3);
    checker.check_members("", *member.shape, value);
    if (!checker.problems.empty()) return malformed_xml();
  }
  return {};
}

/// The name of the first required member that `object` lacks, as a form would call it, or "".
std::string first_missing(const std::string& prefix, const Shape& shape, const void* object) {
  for (const auto& member : shape.members) {
    const auto* value = value_of(member, object);
    if (value == nullptr) {
      if (member.required) return fmt::format("{}{}", prefix, member.query_name);
      continue;
    }
    if (member.shape->kind != Kind::list || member.shape->element->kind != Kind::structure)
      continue;
    for (std::size_t i = 0; i < member.shape->list->size(value); ++i) {
      auto missing = first_missing(fmt::format("{}{}.{}.", prefix, member.query_name, i + 1),
                                   *member.shape->element, member.shape->list->at(value, i));
      if (!missing.empty()) return missing;
    }
  }
  return {};
}

/// SQS: what a value may be is its handlers' to say, one error each.
Status validate_sqs(const Operation& operation, const void* request) {
  const auto missing = first_missing("", *operation.input, request);
  if (missing.empty()) return {};
  return fail(Errc::invalid_argument, "MissingRequiredParameterException",
              fmt::format("The request must contain the parameter {}.", missing));
}

}  // namespace

Status validate(const Operation& operation, const void* request) {
  const auto& service = *operation.service;
  if (service.validation == Validation::s3) return validate_s3(operation, request);
  if (service.validation == Validation::sqs) return validate_sqs(operation, request);
  Checker checker(service.validation);
  checker.check_members("", *operation.input, request);
  const auto count = checker.problems.size();
  if (count == 0) return {};
  return fail(Errc::invalid_argument, std::string(service.validation_error),
              fmt::format("{} validation error{} detected: {}", count, count == 1 ? "" : "s",
                          fmt::join(checker.problems, "; ")));
}

}  // namespace tidemill::wire
