#include "metrics/judge.h"

#include <fmt/format.h>

#include "metrics/alarm_text.h"
#include "metrics/statistic.h"

namespace tidemill::metrics {
namespace {

constexpr std::int64_t minute_ms = 60'000;

struct Counts {
  int breaching = 0, fine = 0, missing = 0;
};

Counts count(const Criteria& criteria, const std::vector<Datapoint>& points) {
  Counts counts;
  for (const auto& point : points) {
    if (!point.value) {
      ++counts.missing;
    } else if (breaches(criteria.comparison, *point.value, criteria.threshold)) {
      ++counts.breaching;
    } else {
      ++counts.fine;
    }
  }
  return counts;
}

std::string_view decide(const Criteria& criteria, const Counts& counts, std::string_view present) {
  const auto as = [](bool alarm) { return alarm ? state::alarm : state::ok; };
  if (counts.breaching >= criteria.to_alarm) return state::alarm;
  if (criteria.missing == "breaching") {
    return as(counts.breaching + counts.missing >= criteria.to_alarm);
  }
  if (criteria.missing == "notBreaching") return state::ok;
  const bool cannot_ring = counts.breaching + counts.missing < criteria.to_alarm;
  if (criteria.missing == "ignore") return cannot_ring ? state::ok : present;
  if (counts.breaching + counts.fine == 0) return state::unknown;
  return as(counts.breaching > 0 && counts.fine == 0);
}

/// Whether a percentile is to be left alone because so few values say nothing.
bool has_too_few(const Criteria& criteria, const Evaluation& seen) {
  if (!criteria.ignores_few_samples || !criteria.queries.empty()) return false;
  const auto statistic = Statistic::parse(criteria.statistic);
  double samples = 0;
  for (const auto& point : seen.points) samples += point.samples;
  return statistic && samples < statistic->samples_needed();
}

/// "01/15/24 09:30:00"
std::string short_date(TimeMs at) {
  const auto iso = iso_seconds(at);
  return fmt::format("({}/{}/{} {})", iso.substr(5, 2), iso.substr(8, 2), iso.substr(2, 2),
                     iso.substr(11, 8));
}

std::string comparison_text(std::string_view comparison, bool plural, bool is_so) {
  std::string text(plural ? "were" : "was");
  if (!is_so) text += " not";
  text += comparison.starts_with("Greater") ? " greater than" : " less than";
  if (comparison.find("OrEqualTo") != std::string_view::npos) text += " or equal to";
  return text;
}

std::string reason_of_missing(const Criteria& criteria, const Counts& counts, bool rings) {
  if (criteria.missing == "missing") {
    return fmt::format("Insufficient Data: {} datapoint{} unknown.", counts.missing,
                       counts.missing == 1 ? " was" : "s were");
  }
  return fmt::format(
      "Threshold Crossed: no datapoints were received for {} period{} and {} missing datapoint{} "
      "treated as [{}].",
      criteria.periods, criteria.periods == 1 ? "" : "s", counts.missing,
      counts.missing == 1 ? " was" : "s were", rings ? "Breaching" : "NonBreaching");
}

/// The newest first, of those that speak for the state.
std::string reason(const Criteria& criteria, const Evaluation& seen, bool rings) {
  const auto counts = count(criteria, seen.points);
  if (counts.breaching + counts.fine == 0) return reason_of_missing(criteria, counts, rings);
  std::string listed;
  int told = 0;
  // What missing datapoints alone decided is told by those that are there.
  const bool by_value = (rings ? counts.breaching : counts.fine) > 0;
  for (auto point = seen.points.rbegin(); point != seen.points.rend(); ++point) {
    if (!point->value) continue;
    const bool is_breaching = breaches(criteria.comparison, *point->value, criteria.threshold);
    if (by_value && is_breaching != rings) continue;
    if (++told > 1) listed += ", ";
    listed += number_text(*point->value) + " " + short_date(point->at);
  }
  const auto compared = comparison_text(criteria.comparison, told > 1, by_value == rings);
  const auto threshold = number_text(criteria.threshold);
  if (criteria.periods == 1) {
    return fmt::format("Threshold Crossed: 1 datapoint [{}] {} the threshold ({}).", listed,
                       compared, threshold);
  }
  return fmt::format(
      "Threshold Crossed: {} out of the last {} datapoints [{}] {} the threshold ({}) (minimum {} "
      "datapoint{} for {} transition).",
      told, criteria.periods, listed, compared, threshold,
      rings ? criteria.to_alarm : criteria.periods - criteria.to_alarm + 1,
      (rings ? criteria.to_alarm : criteria.periods - criteria.to_alarm + 1) == 1 ? "" : "s",
      rings ? "OK -> ALARM" : "ALARM -> OK");
}

std::string reason_data(const Criteria& criteria, const Evaluation& seen) {
  std::string recent, evaluated;
  for (auto point = seen.points.rbegin(); point != seen.points.rend(); ++point) {
    if (!evaluated.empty()) evaluated += ",";
    evaluated += fmt::format(R"({{"timestamp":"{}")", stamp(point->at));
    if (point->value) {
      if (criteria.queries.empty()) {
        evaluated += fmt::format(R"(,"sampleCount":{})", number_text(point->samples));
      }
      evaluated += fmt::format(R"(,"value":{})", number_text(*point->value));
      recent = number_text(*point->value) + (recent.empty() ? "" : ",") + recent;
    }
    evaluated += "}";
  }
  std::string metric;
  if (!criteria.unit.empty()) metric = fmt::format(R"("unit":{},)", json::quote(criteria.unit));
  if (criteria.queries.empty()) {
    metric += fmt::format(R"("statistic":{},)", json::quote(criteria.statistic));
  }
  return fmt::format(R"({{"version":"1.0","queryDate":"{}","startDate":"{}",{}"period":{},)"
                     R"("recentDatapoints":[{}],"threshold":{},"evaluatedDatapoints":[{}]}})",
                     stamp(seen.now), stamp(seen.points.front().at), metric, criteria.period_s,
                     recent, number_text(criteria.threshold), evaluated);
}

}  // namespace

bool breaches(std::string_view comparison, double value, double threshold) {
  if (comparison == "GreaterThanThreshold") return value > threshold;
  if (comparison == "GreaterThanOrEqualToThreshold") return value >= threshold;
  if (comparison == "LessThanThreshold") return value < threshold;
  return value <= threshold;
}

TimeMs evaluation_end(TimeMs now) { return {now.ms - now.ms % minute_ms}; }

Verdict judge(const Criteria& criteria, const Evaluation& seen, std::string_view present) {
  const auto counts = count(criteria, seen.points);
  const auto decided = has_too_few(criteria, seen) ? present : decide(criteria, counts, present);
  Verdict verdict;
  verdict.state = decided;
  if (decided == present) return verdict;
  verdict.reason = reason(criteria, seen, decided == state::alarm);
  verdict.reason_data = reason_data(criteria, seen);
  return verdict;
}

}  // namespace tidemill::metrics
