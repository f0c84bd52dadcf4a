/// The measurements, each against a server of its own so that none sees what another left behind.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "bench/server_process.h"

namespace tidemill::bench {

struct Setting {
  std::string program;
  std::string scratch;  ///< A directory of this run's own.
  bool quick = false;
  int clients = 16;

  /// A server of the program's, with the data directory `name` of its own.
  [[nodiscard]] ServerProcess::Options server(std::string_view name) const {
    return {.program = program, .data = scratch + "/" + std::string(name)};
  }
  [[nodiscard]] double seconds() const { return quick ? 1.5 : 6; }
};

struct Case {
  std::string_view name;
  std::string_view what;
  Status (*run)(const Setting& setting);
};

[[nodiscard]] std::span<const Case> all_cases() noexcept;

Status measure_ready(const Setting& setting);
Status measure_idle(const Setting& setting);
Status measure_first_line(const Setting& setting);
Status measure_schedule_lateness(const Setting& setting);
Status measure_put_delivery(const Setting& setting);
Status measure_put_event(const Setting& setting);
Status measure_put_plain(const Setting& setting);
Status measure_put_events(const Setting& setting);
Status measure_put_events_matched(const Setting& setting);
Status measure_event_to_receive(const Setting& setting);
Status measure_many_rules(const Setting& setting);
Status measure_many_jobs(const Setting& setting);
Status measure_many_alarms(const Setting& setting);
Status measure_get_small(const Setting& setting);
Status measure_put_large(const Setting& setting);
Status measure_get_large(const Setting& setting);
Status measure_put_metrics(const Setting& setting);
Status measure_overload(const Setting& setting);

}  // namespace tidemill::bench
