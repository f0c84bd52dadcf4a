#include "events/batch_plan.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "base/nearest.h"

namespace tidemill::events {
namespace {

constexpr std::int64_t second_ms = 1'000, minute_ms = 60'000, hour_ms = 3'600'000;
constexpr std::int64_t time_max_ms = 7 * 24 * hour_ms;
constexpr int depth_max = 20;
constexpr std::string_view example = "count=100 window=30s quiet=500ms group=dt= marker=_SUCCESS";

std::optional<std::int64_t> whole(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "500ms", "30s", "15m", "6h"; within seven days.
std::optional<std::int64_t> duration(std::string_view text) {
  constexpr std::pair<std::string_view, std::int64_t> units[] = {
      {"ms", 1}, {"s", second_ms}, {"m", minute_ms}, {"h", hour_ms}};
  for (const auto& [unit, ms] : units) {
    if (!text.ends_with(unit)) continue;
    const auto number = whole(text.substr(0, text.size() - unit.size()));
    if (!number || *number < 1 || *number > time_max_ms / ms) return std::nullopt;
    return *number * ms;
  }
  return std::nullopt;
}

bool read_count(BatchPlan& plan, std::string_view value) {
  const auto count = whole(value);
  if (!count || *count < 1 || *count > batch_members_max) return false;
  plan.count = int(*count);
  return true;
}

bool read_window(BatchPlan& plan, std::string_view value) {
  return (plan.window_ms = duration(value)).has_value();
}

bool read_quiet(BatchPlan& plan, std::string_view value) {
  return (plan.quiet_ms = duration(value)).has_value();
}

bool read_parts(BatchPlan& plan, std::string_view value) {
  while (true) {
    const auto part = value.substr(0, value.find('/'));
    if (part.size() < 2 || !part.ends_with('=')) return false;
    plan.parts.emplace_back(part);
    if (part.size() == value.size()) return true;
    value.remove_prefix(part.size() + 1);
  }
}

bool read_group(BatchPlan& plan, std::string_view value) {
  if (value == "folder") return plan.by_folder = true;
  if (const auto depth = whole(value)) {
    plan.depth = int(*depth);
    return *depth >= 1 && *depth <= depth_max;
  }
  return read_parts(plan, value);
}

bool read_name(std::string& name, std::string_view value) {
  name = value;
  return !value.empty() && value != "." && !value.contains('/');
}

bool read_marker(BatchPlan& plan, std::string_view value) { return read_name(plan.marker, value); }

bool read_manifest(BatchPlan& plan, std::string_view value) {
  return read_name(plan.manifest, value);
}

struct Option {
  std::string_view name;
  bool (*read)(BatchPlan&, std::string_view);
  std::string_view wanted;
};
constexpr std::array options = {
    Option{"count", read_count, "a number of files from 1 to 10000, as in count=100"},
    Option{"window", read_window, "a time since the first file, up to 168h, as in window=30s"},
    Option{"quiet", read_quiet, "a time since the last file, up to 168h, as in quiet=500ms"},
    Option{"group", read_group,
           "how many leading folders of the key count (group=2), folder for all of them, or what "
           "they begin with (group=dt=, group=region=/dt=)"},
    Option{"marker", read_marker,
           "a file's name, as in marker=_SUCCESS, or its ending from a dot on, as in marker=.done"},
    Option{"manifest", read_manifest,
           "a file's name or its ending from a dot on, as in manifest=.manifest"}};

std::unexpected<Error> refuse(std::size_t column, const std::string& reason) {
  return fail(Errc::invalid_argument, "ValidationException",
              fmt::format("The tag {} is not valid at column {}: {}. It reads like: {}", batch_tag,
                          column + 1, reason, example));
}

std::unexpected<Error> unknown_option(std::size_t column, std::string_view name) {
  std::vector<std::string_view> names;
  for (const auto& option : options) names.push_back(option.name);
  return refuse(column, fmt::format("there is no option \"{}\"; did you mean {}? There are {}",
                                    name, nearest(name, names), fmt::join(names, ", ")));
}

/// AWS refuses other characters in a tag's value; so that what works here works there.
std::size_t find_foreign(std::string_view text) {
  const auto is_foreign = [](char c) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    return !is_plain && !std::string_view(" +-=._:/@").contains(c);
  };
  return std::size_t(std::ranges::find_if(text, is_foreign) - text.begin());
}

Status read_option(BatchPlan& plan, std::string_view word, std::size_t column) {
  const auto equals = word.find('=');
  const auto name = word.substr(0, equals);
  const auto* option = std::ranges::find(options, name, &Option::name);
  if (option == options.end()) return unknown_option(column, name);
  if (equals == word.npos) {
    return refuse(column, fmt::format("{} has no value; write {}", name, option->wanted));
  }
  const auto value = word.substr(equals + 1);
  if (option->read(plan, value)) return {};
  return refuse(column + equals + 1,
                fmt::format("{} can't be \"{}\"; write {}", name, value, option->wanted));
}

std::string_view last_part(std::string_view key) { return key.substr(key.rfind('/') + 1); }

/// The folder of the key that begins with `name`, or "".
std::string_view folder_named(std::string_view folders, std::string_view name) {
  while (!folders.empty()) {
    const auto folder = folders.substr(0, folders.find('/'));
    if (folder.starts_with(name)) return folder;
    folders.remove_prefix(std::min(folders.size(), folder.size() + 1));
  }
  return {};
}

}  // namespace

Result<BatchPlan> parse_batch_plan(std::string_view text) {
  BatchPlan plan{.text = std::string(text)};
  if (const auto at = find_foreign(text); at < text.size()) {
    return refuse(at, fmt::format("'{}' can't be in a tag's value: AWS takes letters, digits, "
                                  "spaces and + - = . _ : / @; put spaces between options",
                                  text[at]));
  }
  std::vector<std::string_view> seen;
  for (std::size_t at = text.find_first_not_of(' '); at < text.size();) {
    const auto word = text.substr(at, text.find(' ', at) - at);
    const auto name = word.substr(0, word.find('='));
    if (std::ranges::find(seen, name) != seen.end()) {
      return refuse(at, fmt::format("{} is there twice; leave one of them out", name));
    }
    seen.push_back(name);
    TM_CHECK(read_option(plan, word, at));
    at = text.find_first_not_of(' ', at + word.size());
  }
  const bool closes =
      plan.count || plan.has_time_limit() || !plan.marker.empty() || !plan.manifest.empty();
  if (!closes) {
    return refuse(text.size(),
                  "nothing says when a batch is complete; add one or more of count, "
                  "window, quiet, marker and manifest");
  }
  return plan;
}

std::string group_of(const BatchPlan& plan, std::string_view key) {
  const auto slash = key.rfind('/');
  const auto folders = slash == key.npos ? std::string_view() : key.substr(0, slash);
  if (plan.by_folder) return std::string(folders);
  if (plan.depth) {
    std::size_t end = 0;
    for (int i = 0; i < *plan.depth && end < folders.size(); ++i) {
      end = std::min(folders.find('/', end + (i > 0)), folders.size());
    }
    return std::string(folders.substr(0, end));
  }
  std::string group;
  for (const auto& name : plan.parts) {
    const auto folder = folder_named(folders, name);
    if (!group.empty() && !folder.empty()) group += '/';
    group += folder;
  }
  return group;
}

bool is_named(std::string_view name, std::string_view key) {
  if (name.empty()) return false;
  return name.starts_with('.') ? key.ends_with(name) : last_part(key) == name;
}

BatchRole role_of(const BatchPlan& plan, std::string_view key) {
  if (is_named(plan.marker, key)) return BatchRole::marker;
  return is_named(plan.manifest, key) ? BatchRole::manifest : BatchRole::file;
}

}  // namespace tidemill::events
