#include "cli/deliveries.h"

#include <charconv>
#include <iostream>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "base/encoding.h"
#include "cli/client.h"
#include "cli/render_deliveries.h"

namespace tidemill::cli {
namespace {

constexpr auto ask_again = std::chrono::milliseconds(100);

/// The body with the span of time that `which` names.
Result<json::object> with_span(json::object body, const DeliveryQuery& which) {
  const auto now = SystemClock().now();
  TM_TRY(body["since_ms"], instant(which.since, "--since", now));
  if (!which.until.empty()) {
    TM_TRY(body["until_ms"], instant(which.until, "--until", now));
  }
  return body;
}

bool confirmed(std::string_view question) {
  if (isatty(STDIN_FILENO) == 0) return false;
  std::cout << question << " [y/N] " << std::flush;
  std::string answer;
  return std::getline(std::cin, answer) && iequals(trim(answer), "y");
}

}  // namespace

Result<std::int64_t> instant(std::string_view text, std::string_view option, TimeMs now) {
  constexpr std::pair<char, std::int64_t> units[] = {
      {'s', 1'000}, {'m', 60'000}, {'h', 3'600'000}, {'d', 86'400'000}};
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error == std::errc() && end + 1 == text.data() + text.size() && count >= 0) {
    for (const auto& [unit, ms] : units) {
      if (*end == unit && count < INT64_MAX / ms) return now.ms - count * ms;
    }
  }
  if (const auto time = parse_iso(text)) return time->ms;
  return fail(Errc::invalid_argument,
              fmt::format("{} must be like 15m, 2h or 7d, or an instant like "
                          "2024-01-15T09:30:00Z, not \"{}\"",
                          option, text));
}

Status deliveries_list(const Query& query, const DeliveryQuery& which) {
  TM_TRY(const auto connection, find_server(query.data));
  TM_TRY(const auto answer,
         get_json(connection,
                  fmt::format("/_tidemill/api/deliveries?max={}&rule={}&state={}", query.max,
                              percent_encode(which.rule), percent_encode(which.state))));
  print(query, answer, render_deliveries(answer.as_object(), query.style));
  return {};
}

Status deliveries_show(const Query& query, const DeliveryQuery& which) {
  TM_TRY(const auto connection, find_server(query.data));
  TM_TRY(const auto answer,
         get_json(connection, fmt::format("/_tidemill/api/deliveries/{}", which.id)));
  print(query, answer, render_delivery(answer.as_object(), query.style));
  return {};
}

Status deliveries_close(const Query& query, const DeliveryQuery& which) {
  TM_TRY(const auto connection, find_server(query.data));
  const json::object body{{"delivery", which.id}};
  TM_TRY(const auto answer, post_json(connection, "/_tidemill/api/deliveries/close", body));
  print(query, answer,
        fmt::format("batch {} closed; see tidemill explain {}\n",
                    answer.as_object().at("batch").as_int64(), which.id));
  return {};
}

Status deliveries_redrive(const Query& query, const DeliveryQuery& which) {
  TM_TRY(const auto connection, find_server(query.data));
  const json::object body{{"delivery", which.id}, {"rule", which.rule}, {"all", which.all}};
  TM_TRY(const auto answer, post_json(connection, "/_tidemill/api/deliveries/redrive", body));
  const auto count = answer.as_object().at("redriven").as_int64();
  print(query, answer,
        count == 0 ? "there is no failed delivery of that kind\n"
                   : fmt::format("{} tried again; see tidemill deliveries list\n", count));
  return {};
}

Status deliveries_replay(const Query& query, const DeliveryQuery& which) {
  TM_TRY(const auto connection, find_server(query.data));
  TM_TRY(const auto body, with_span({{"rule", which.rule}, {"bus", query.bus}}, which));
  if (which.dry_run) {
    TM_TRY(const auto answer, post_json(connection, "/_tidemill/api/rehearse", body));
    print(query, answer, render_rehearsal(answer.as_object(), query.style));
    return {};
  }
  TM_TRY(const auto begun, post_json(connection, "/_tidemill/api/deliveries/replay", body));
  const auto name = std::string(json::text_or_empty(begun.as_object(), "replay"));
  for (;;) {
    TM_TRY(const auto answer,
           get_json(connection, "/_tidemill/api/replays/" + percent_encode(name)));
    const auto& replay = answer.as_object();
    if (json::text_or_empty(replay, "state") == "COMPLETED") {
      print(query, answer,
            fmt::format("{} events sent to {} again; their replay-name is {}\n",
                        replay.at("sent").as_int64(), which.rule, name));
      return {};
    }
    std::this_thread::sleep_for(ask_again);
  }
}

Status rules_try(const Query& query, const DeliveryQuery& which) {
  TM_TRY(const auto connection, find_server(query.data));
  TM_TRY(const auto pattern, text_or_file(which.pattern));
  TM_TRY(const auto body,
         with_span(
             {{"pattern", pattern}, {"rule", which.rule}, {"bus", query.bus}, {"max", query.max}},
             which));
  TM_TRY(const auto answer, post_json(connection, "/_tidemill/api/rehearse", body));
  print(query, answer, render_rehearsal(answer.as_object(), query.style));
  return {};
}

Status backfill(const Query& query, const DeliveryQuery& which) {
  TM_TRY(const auto connection, find_server(query.data));
  json::object body{{"rule", which.rule}, {"bus", query.bus}, {"max", query.max}, {"start", false}};
  TM_TRY(auto answer, post_json(connection, "/_tidemill/api/backfill", body));
  const auto missing = answer.as_object().at("missing").as_int64();
  if (!query.json) std::cout << render_missed(answer.as_object(), query.style);
  const bool start =
      !which.dry_run && missing > 0 && (which.yes || confirmed(fmt::format("Start {}?", missing)));
  if (start) {
    body["start"] = true;
    TM_TRY(answer, post_json(connection, "/_tidemill/api/backfill", body));
    if (!query.json) {
      std::cout << fmt::format("{} started\n", answer.as_object().at("started").as_int64());
    }
  } else if (missing > 0 && !which.dry_run && !query.json) {
    std::cout << "Nothing was started; --yes starts them.\n";
  }
  if (query.json) std::cout << json::dump(answer) << "\n";
  return {};
}

}  // namespace tidemill::cli
