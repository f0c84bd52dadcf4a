#include "calendar/zone.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/nearest.h"
#include "calendar/cron.h"
#include "calendar/posix_zone.h"

namespace tidemill::calendar {
namespace {

constexpr std::size_t header_bytes = 44;
constexpr int year_last = Cron::year_max + 1;

std::int64_t big_endian(std::string_view bytes, std::size_t at, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | std::uint8_t(bytes[at + i]);
  if (size < 8 && (value >> (8 * size - 1) & 1) != 0) value |= ~std::uint64_t{0} << (8 * size);
  return std::int64_t(value);
}

/// A block of a TZif file: how many of what it has, and where.
struct Block {
  std::size_t begin = 0, time_bytes = 0;
  std::size_t utc_flags = 0, standard_flags = 0, leaps = 0, times = 0, types = 0, letters = 0;

  [[nodiscard]] std::size_t types_at() const {
    return begin + header_bytes + times * (time_bytes + 1);
  }
  [[nodiscard]] std::size_t end() const {
    return types_at() + types * 6 + letters + leaps * (time_bytes + 4) + standard_flags + utc_flags;
  }
};

std::optional<Block> read_block(std::string_view bytes, std::size_t begin, std::size_t time_bytes) {
  if (bytes.size() < begin + header_bytes || bytes.substr(begin, 4) != "TZif") return {};
  const auto count = [&](std::size_t index) {
    return std::size_t(big_endian(bytes, begin + 20 + 4 * index, 4)) & 0xffffffff;
  };
  Block block{begin, time_bytes, count(0), count(1), count(2), count(3), count(4), count(5)};
  constexpr std::size_t count_max = 1 << 16;
  for (const auto n : {block.utc_flags, block.standard_flags, block.leaps, block.times, block.types,
                       block.letters}) {
    if (n > count_max) return std::nullopt;
  }
  if (block.types == 0 || block.end() > bytes.size()) return std::nullopt;
  return block;
}

int year_of(std::int64_t utc_seconds) {
  const std::chrono::sys_seconds at{std::chrono::seconds(utc_seconds)};
  return int(std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(at)).year());
}

/// Changes to the same offset (only the name or the summer flag is new) are none for a clock.
std::vector<Zone::Span> spans_of(std::int32_t first_offset,
                                 const std::vector<ZoneChange>& changes) {
  std::vector<Zone::Span> spans{{.offset = first_offset}};
  for (const auto& change : changes) {
    if (change.offset == spans.back().offset) continue;
    spans.back().end = change.at;
    spans.push_back({.begin = change.at, .offset = change.offset});
  }
  return spans;
}

/// In order, and small enough to be counted with.
bool plausible(const std::vector<ZoneChange>& changes) {
  constexpr std::int64_t at_max = std::int64_t{1} << 60;  // Some files begin with the Big Bang.
  constexpr std::int32_t offset_max = 7 * 86'400;
  const auto fits = [](const ZoneChange& change) {
    return change.at >= -at_max && change.at <= at_max && change.offset >= -offset_max &&
           change.offset <= offset_max;
  };
  return std::ranges::all_of(changes, fits) &&
         std::ranges::adjacent_find(changes, std::greater_equal<>(), &ZoneChange::at) ==
             changes.end();
}

Result<std::string> read_whole(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return fail(Errc::not_found, path);
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

/// Only such names are looked for in the file system.
bool is_zone_name(std::string_view name) {
  constexpr std::size_t name_bytes_max = 50;
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '/';
  };
  return !name.empty() && name.size() <= name_bytes_max && name.front() != '/' &&
         name.back() != '/' && std::ranges::all_of(name, fits);
}

}  // namespace

Result<Zone> Zone::parse(std::string name, std::string_view bytes) {
  const auto broken = [&] {
    return fail(Errc::corrupt, fmt::format("the time zone file of {} is not a TZif file", name));
  };
  auto block = read_block(bytes, 0, 4);
  if (!block) return broken();
  if (bytes[4] >= '2') block = read_block(bytes, block->end(), 8);
  if (!block) return broken();
  const auto offset_of = [&](std::size_t type) {
    return std::int32_t(big_endian(bytes, block->types_at() + 6 * type, 4));
  };
  const auto times_at = block->begin + header_bytes;
  std::vector<ZoneChange> changes;
  for (std::size_t i = 0; i < block->times; ++i) {
    const auto type = std::uint8_t(bytes[times_at + block->times * block->time_bytes + i]);
    if (type >= block->types) return broken();
    changes.push_back(
        {big_endian(bytes, times_at + i * block->time_bytes, block->time_bytes), offset_of(type)});
  }
  if (!plausible(changes)) return broken();
  const auto first_offset = offset_of(0);
  if (!plausible({{.at = 0, .offset = first_offset}})) return broken();
  if (block->time_bytes == 8 && bytes.size() > block->end() + 2) {
    const auto rule = bytes.substr(block->end() + 1);
    const auto last = changes.empty() ? std::int64_t{0} : changes.back().at;
    // A year earlier, for what the rule says about the days after the last change of the table.
    const auto more = posix_changes(rule.substr(0, rule.find('\n')),
                                    std::max(1970, year_of(last) - 1), year_last);
    for (const auto& change : more.value_or(std::vector<ZoneChange>())) {
      if (changes.empty() || change.at > last) changes.push_back(change);
    }
  }
  return Zone(std::move(name), spans_of(first_offset, changes));
}

std::size_t Zone::index_at(std::int64_t utc_seconds) const noexcept {
  const auto after = std::ranges::upper_bound(spans_, utc_seconds, {}, &Span::begin);
  return std::size_t(after - spans_.begin()) - 1;
}

Result<ZoneRef> Zones::find(std::string_view name) {
  if (name == "UTC") return utc();
  const std::scoped_lock lock(mutex_);
  if (const auto known = known_.find(name); known != known_.end()) return known->second;
  auto bytes = is_zone_name(name) ? read_whole(fmt::format("{}/{}", directory_, name))
                                  : fail(Errc::not_found, "");
  auto zone = bytes ? Zone::parse(std::string(name), *bytes) : fail(Errc::not_found, "");
  if (!zone) {
    Error error{.code = Errc::invalid_argument,
                .message = fmt::format("Invalid time zone {}.", name),
                .hint = nearest(name)};
    return std::unexpected(std::move(error));
  }
  auto ref = std::make_shared<const Zone>(*std::move(zone));
  known_.emplace(name, ref);
  return ref;
}

std::string Zones::version() const {
  std::ifstream file(directory_ + "/tzdata.zi");
  std::string line;
  constexpr std::string_view head = "# version ";
  if (std::getline(file, line) && line.starts_with(head)) return line.substr(head.size());
  std::ifstream plain(directory_ + "/+VERSION");
  return std::getline(plain, line) && !line.empty() ? line : "unknown";
}

void Zones::reload() {
  const std::scoped_lock lock(mutex_);
  known_.clear();
}

std::string Zones::nearest(std::string_view name) const {
  namespace fs = std::filesystem;
  std::vector<std::string> names{"UTC"};
  std::error_code error;
  fs::recursive_directory_iterator entry(directory_, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    const auto known = fs::relative(entry->path(), directory_, error).string();
    const bool copies = known == "posix" || known == "right";  // The same zones once more.
    if (copies) entry.disable_recursion_pending();
    if (entry->is_regular_file(error) && is_zone_name(known)) names.push_back(known);
  }
  if (names.size() == 1) return fmt::format("there is no zone database in {}", directory_);
  // Most leave the continent out, or get it wrong.
  const auto distance = [&](std::string_view known) {
    const auto city = known.substr(known.rfind('/') + 1);
    return std::min(edit_distance(name, known), edit_distance(name, city) * 2 + 1);
  };
  std::ranges::sort(names);
  return fmt::format("there is no zone of that name; the nearest is {}",
                     *std::ranges::min_element(names, {}, distance));
}

const ZoneRef& utc() {
  static const ZoneRef zone =
      std::make_shared<const Zone>("UTC", std::vector<Zone::Span>{Zone::Span{}});
  return zone;
}

}  // namespace tidemill::calendar
