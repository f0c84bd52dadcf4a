#include "explain/conclusion.h"

#include <map>
#include <ranges>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "explain/stored_event.h"

namespace tidemill::explain {
namespace {

using json::text_or_empty;

constexpr std::size_t outcomes_shown = 3;

std::string without_event(const json::object& object) {
  if (!object.at("bucket_exists").as_bool()) return "Nothing started: there is no such bucket.";
  if (!object.at("eventbridge").as_bool()) {
    return "Nothing started: the bucket doesn't send events to EventBridge.";
  }
  return object.at("exists").as_bool()
             ? "Nothing started: the object was stored before the bucket sent events."
             : "Nothing started: no such object was stored.";
}

/// Empty for what reached a target that starts no run.
std::string outcome_of(std::string_view rule, const json::object& delivery) {
  if (const auto* run = delivery.if_contains("run"); run != nullptr && run->is_object()) {
    return fmt::format("Rule {} started run {}: {}.", rule, text_or_empty(run->as_object(), "id"),
                       text_or_empty(run->as_object(), "state"));
  }
  const auto state = text_or_empty(delivery, "state");
  if (state == "batched") {
    return fmt::format("Rule {} keeps it in {}", rule, outlook(delivery.at("batch").as_object()));
  }
  if (state == "done") return {};
  return fmt::format("Rule {} matched, but its target has not started: {}", rule,
                     text_or_empty(delivery, "message"));
}

/// What came of the deliveries of the rules that matched.
class Outcomes {
 public:
  void add(std::string_view rule, const json::object& delivery) {
    const auto target = text_or_empty(delivery, "target_arn");
    auto& senders = senders_[std::string(target)];
    if (senders.empty() || senders.back() != rule) senders.emplace_back(rule);
    auto outcome = outcome_of(rule, delivery);
    if (!outcome.empty()) {
      told_.push_back(std::move(outcome));
    } else if (reached_.empty()) {
      reached_ = fmt::format("Rule {} sent its event to {}.", rule, target);
    }
  }

  /// Empty if nothing was added.
  [[nodiscard]] std::string text() const {
    if (told_.empty()) return reached_;
    std::string text;
    for (const auto& outcome : told_ | std::views::take(outcomes_shown)) append(text, outcome);
    if (told_.size() > outcomes_shown) {
      append(text, fmt::format("And {} more.", told_.size() - outcomes_shown));
    }
    for (const auto& [target, rules] : senders_) {
      if (rules.size() < 2) continue;
      append(text, fmt::format("Rules {} overlap: each sent it to {}.", fmt::join(rules, " and "),
                               target));
    }
    return text;
  }

 private:
  static void append(std::string& text, std::string_view sentence) {
    if (!text.empty()) text += text.ends_with('.') ? " " : ". ";
    text += sentence;
  }

  std::vector<std::string> told_;
  std::string reached_;
  std::map<std::string, std::vector<std::string>> senders_;  ///< Rules, by target.
};

/// No rule matched, and `rules` are in order of their nearness: nearest are those that would match
/// today.
std::string without_match(const json::array& rules) {
  if (rules.empty()) return "Nothing started: there is no rule.";
  std::string nearest;
  for (const auto& value : rules) {
    const auto& rule = value.as_object();
    const auto is = [&rule](std::string_view name) { return rule.at(name).as_bool(); };
    const auto name = text_or_empty(rule, "name"), note = text_or_empty(rule, "note");
    if (is("pattern_matches") && !is("enabled") && !is("matches_today")) {
      return fmt::format("Nothing started: rule {}, whose pattern matches, {} disabled.", name,
                         note.empty() ? "is" : "was");
    }
    if (!nearest.empty()) continue;
    nearest = is("matches_today") || !is("existed")
                  ? fmt::format("Rule {}: {}.", name, note)
                  : fmt::format("Nearest: {}", text_or_empty(rule, "why"));
    if (is("matches_today")) break;
  }
  return "Nothing started: no rule matched. " + nearest;
}

}  // namespace

std::string conclude(const json::object& object, const json::array& events) {
  if (events.empty()) return without_event(object);
  const auto& rules = events.front().as_object().at("rules").as_array();
  Outcomes outcomes;
  for (const auto& value : rules) {
    const auto& rule = value.as_object();
    const auto name = text_or_empty(rule, "name");
    if (const auto* deliveries = rule.if_contains("deliveries")) {
      for (const auto& delivery : deliveries->as_array()) outcomes.add(name, delivery.as_object());
    } else if (rule.at("matched").as_bool()) {
      return fmt::format("Nothing started: rule {} matched, but it has no target.", name);
    }
  }
  auto text = outcomes.text();
  return text.empty() ? without_match(rules) : text;
}

}  // namespace tidemill::explain
