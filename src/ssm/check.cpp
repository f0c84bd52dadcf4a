#include "ssm/check.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>
#include <re2/re2.h>

#include "base/encoding.h"
#include "ssm/errors.h"

namespace tidemill::ssm {
namespace {

constexpr std::size_t name_max = 1011;
constexpr std::ptrdiff_t levels_max = 15;
constexpr std::size_t standard_max = 4096;
constexpr std::size_t advanced_max = 8192;
constexpr std::size_t label_max = 100;
constexpr std::array<std::string_view, 3> data_types = {"text", "aws:ec2:image",
                                                        "aws:ssm:integration"};

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

/// One or more words, divided by single slashes.
bool is_path_of_words(std::string_view text) {
  if (text.empty() || text.front() == '/' || text.back() == '/') return false;
  if (text.find("//") != text.npos) return false;
  return std::ranges::all_of(text, [](char c) { return is_word(c) || c == '/'; });
}

/// "aws" or "ssm", whatever its case, with or without the first slash.
bool has_reserved_prefix(std::string_view name, std::string_view prefix) {
  if (name.starts_with('/')) name.remove_prefix(1);
  return iequals(name.substr(0, prefix.size()), prefix);
}

/// Characters as AWS counts a value's.
std::size_t length_of(std::string_view utf8) {
  return std::size_t(std::ranges::count_if(
      utf8, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

Status check_pattern(std::string_view pattern, std::string_view value) {
  if (pattern.empty()) return {};
  RE2::Options options;
  options.set_log_errors(false);
  const RE2 regex(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!regex.ok()) {
    return refuse(
        "InvalidAllowedPatternException",
        fmt::format("The regular expression \"{}\" isn't valid: {}.", pattern, regex.error()));
  }
  if (RE2::FullMatch(re2::StringPiece(value.data(), value.size()), regex)) return {};
  return refuse(
      "ParameterPatternMismatchException",
      fmt::format("Parameter value, cannot be validated against allowedPattern: {}", pattern));
}

Status choose_tier(Parameter& parameter, std::size_t length, std::string_view wanted) {
  const bool was_advanced = parameter.tier == "Advanced";
  if (wanted == "Standard" && was_advanced) {
    return invalid(
        "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the "
        "advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the "
        "advanced parameter and recreate it as a standard parameter.");
  }
  const bool advanced = was_advanced || wanted == "Advanced" ||
                        (wanted == "Intelligent-Tiering" && length > standard_max);
  parameter.tier = advanced ? "Advanced" : "Standard";
  if (!advanced && length > standard_max) {
    return invalid(
        "Standard tier parameters support a maximum parameter value of 4096 characters. To create "
        "a larger parameter value, upgrade the parameter to use the advanced-parameter tier. For "
        "more information, see https://docs.aws.amazon.com/systems-manager/latest/userguide/"
        "parameter-store-advanced-parameters.html");
  }
  if (length > advanced_max) {
    return invalid(
        "Advanced tier parameters support a maximum parameter value of 8192 characters.");
  }
  return {};
}

}  // namespace

Status check_name(std::string_view name) {
  const bool is_path = name.find('/', 1) != name.npos;
  if (has_reserved_prefix(name, "aws") || has_reserved_prefix(name, "ssm")) {
    if (is_path && has_reserved_prefix(name, "aws")) {
      return fail(Errc::access_denied, "AccessDeniedException",
                  fmt::format("No access to reserved parameter name: {}.", name));
    }
    if (!is_path) {
      return invalid(
          "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).");
    }
  }
  const auto rest = name.substr(name.starts_with('/') ? 1 : 0);
  if (has_reserved_prefix(name, "ssm") || !is_path_of_words(rest)) {
    return invalid(
        "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, "
        "it can consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix "
        "of letters, numbers and the following 3 symbols .-_");
  }
  if (is_path && !name.starts_with('/')) {
    return invalid("Parameter name must be a fully qualified name.");
  }
  if (name.size() > name_max) {
    return invalid(fmt::format("Parameter name: can have at most {} characters.", name_max));
  }
  if (std::ranges::count(name, '/') > levels_max) {
    return refuse("HierarchyLevelLimitExceededException",
                  fmt::format("The hierarchy can have a maximum of {} levels. For more "
                              "information, see Requirements and constraints for parameter names.",
                              levels_max));
  }
  return {};
}

Status check_path(std::string_view path) {
  if (path == "/" || (path.starts_with('/') &&
                      is_path_of_words(path.substr(1, path.size() - 1 - path.ends_with('/'))))) {
    return {};
  }
  return invalid(
      "The parameter doesn't meet the parameter name requirements. The parameter name must begin "
      "with a forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" "
      "(case-insensitive). It must use only letters, numbers, or the following symbols: . "
      "(period), - (hyphen), _ (underscore). Special characters are not allowed. All sub-paths, if "
      "specified, must use the forward slash symbol \"/\". Valid example: "
      "/get/parameters2-/by1./path0_.");
}

Status check_value(Parameter& parameter, std::string_view value, std::string_view wanted_tier) {
  if (std::ranges::find(data_types, parameter.data_type) == data_types.end()) {
    return invalid(
        fmt::format("The following data type is not supported: {} (Data type names are "
                    "all lowercase.)",
                    parameter.data_type));
  }
  if (value.empty()) {
    return invalid(
        "1 validation error detected: Value at 'value' failed to satisfy constraint: Member must "
        "have length greater than or equal to 1");
  }
  const auto braces = value.find("{{");
  if (braces != value.npos && value.find("}}", braces) != value.npos) {
    return invalid(
        "Parameter value: can't nest another parameter. Do not use \"{{}}\" in the value.");
  }
  TM_CHECK(choose_tier(parameter, length_of(value), wanted_tier));
  return check_pattern(parameter.allowed_pattern, value);
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > label_max || (label[0] >= '0' && label[0] <= '9')) {
    return false;
  }
  if (has_reserved_prefix(label, "aws") || has_reserved_prefix(label, "ssm")) return false;
  return std::ranges::all_of(label, is_word);
}

}  // namespace tidemill::ssm
