#include "base/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <deque>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "base/nearest.h"

namespace tidemill::failpoint {
namespace {

constexpr std::string_view all_names[] = {
    "events.apply",
    "events.batch.close",
    "events.batch.follow",
    "events.batch.join",
    "events.batch.list",
    "events.dead_letter",
    "events.publish",
    "events.record",
    "events.retry",
    "file.create",
    "file.sync",
    "file.sync_directory",
    "file.write",
    "glue.run.after_end",
    "glue.run.after_spawn",
    "glue.run.before_end",
    "glue.run.before_spawn",
    "glue.run.insert",
    "glue.run.manifest",
    "glue.run.running",
    "glue.workflow.batch",
    "glue.workflow.end",
    "glue.workflow.fire",
    "logs.projected",
    "logs.projecting",
    "object.remove",
    "object.removed",
    "object.row",
    "outside.answered",
    "outside.hand_over",
    "outside.send",
    "outside.settle",
    "outside.token",
    "schedule.claim",
    "schedule.start",
    "sns.bury",
    "sns.publish",
    "sns.settle",
    "sqs.delete",
    "sqs.receive",
    "sqs.send",
    "store.answer",
    "store.checkpoint",
    "store.commit.after_sync",
    "store.commit.before_sync",
    "store.transaction",
};

struct Point {
  std::string name;
  Action action;
  std::atomic<std::uint64_t> passed = 0;
};

std::deque<Point> points;
std::uint64_t seed = 0;

std::unexpected<Error> unreadable(std::string_view text) {
  return fail(Errc::invalid_argument,
              fmt::format("\"{}\" is no action of a failpoint: crash, error:EIO, error:ENOSPC or "
                          "delay:MILLISECONDS, then @PASSING and %PERCENT if wanted",
                          text));
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

/// What is behind `mark` in `text`, which keeps the rest; empty if there is no such mark.
std::string_view cut_behind(std::string_view& text, char mark) {
  const auto at = text.find(mark);
  if (at == text.npos) return {};
  const auto behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

std::uint64_t mixed(std::uint64_t x) noexcept {  // splitmix64's finisher.
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

void say(std::string_view name, std::string_view what) noexcept {
  char line[160];
  const auto end = fmt::format_to_n(line, sizeof line, "failpoint {}: {}\n", name, what);
  [[maybe_unused]] const auto written =
      ::write(STDERR_FILENO, line, std::min(end.size, sizeof line));
}

Status arm_one(std::string_view entry) {
  const auto equals = entry.find('=');
  if (equals == entry.npos) return unreadable(entry);
  const auto name = entry.substr(0, equals), value = entry.substr(equals + 1);
  if (name == "seed") return read_number(value, seed) ? Status() : unreadable(value);
  if (!std::ranges::binary_search(all_names, name)) {
    return fail(Errc::invalid_argument, fmt::format("there is no failpoint {}; did you mean {}?",
                                                    name, nearest(name, names())));
  }
  TM_TRY(const auto action, parse_action(value));
  auto& point = points.emplace_back();
  point.name = name;
  point.action = action;
  return {};
}

}  // namespace

std::atomic<bool> detail::is_armed = false;

std::span<const std::string_view> names() noexcept { return all_names; }

Result<Action> parse_action(std::string_view text) {
  const auto whole = text;
  Action action;
  const auto percent = cut_behind(text, '%'), at = cut_behind(text, '@');
  const auto value = cut_behind(text, ':');
  if (!percent.empty() && !read_number(percent, action.percent)) return unreadable(whole);
  if (!at.empty() && (!read_number(at, action.at) || action.at == 0)) return unreadable(whole);
  if (text == "crash" && value.empty()) return action;
  if (text == "delay" && read_number(value, action.value)) {
    action.kind = Action::Kind::delay;
    return action;
  }
  if (text != "error" || (value != "EIO" && value != "ENOSPC")) return unreadable(whole);
  action.kind = Action::Kind::error;
  action.value = value == "EIO" ? EIO : ENOSPC;
  return action;
}

bool is_due(const Action& action, std::string_view name, std::uint64_t passing,
            std::uint64_t seed_of_run) noexcept {
  if (action.at != 0 && action.at != passing) return false;
  const auto drawn = mixed(seed_of_run ^ mixed(std::hash<std::string_view>()(name) + passing));
  return drawn % 100 < std::uint64_t(action.percent);
}

Status arm(std::string_view text) {
  disarm();
  while (!text.empty()) {
    auto entry = text;
    text = cut_behind(entry, ';');
    if (!entry.empty()) TM_CHECK(arm_one(entry));
  }
  detail::is_armed = !points.empty();
  return {};
}

void disarm() noexcept {
  detail::is_armed = false;
  points.clear();
  seed = 0;
}

int detail::reached(std::string_view name) noexcept {
  const auto point = std::ranges::find(points, name, &Point::name);
  if (point == points.end()) return 0;
  const auto& action = point->action;
  if (!is_due(action, name, point->passed.fetch_add(1) + 1, seed)) return 0;
  switch (action.kind) {
    case Action::Kind::delay:
      std::this_thread::sleep_for(std::chrono::milliseconds(action.value));
      return 0;
    case Action::Kind::error: say(name, strerrordesc_np(action.value)); return action.value;
    case Action::Kind::crash: break;
  }
  say(name, "crash");
  // As kill -9 does it: nothing is flushed, no handler runs.
  ::kill(::getpid(), SIGKILL);
  for (;;) ::pause();
}

Status to_status(int error) {
  if (error == 0) return {};
  return fail(error == ENOSPC ? Errc::storage_full : Errc::internal,
              fmt::format("a failpoint says: {}", strerrordesc_np(error)));
}

}  // namespace tidemill::failpoint
