#include "pattern/matcher.h"

#include <algorithm>
#include <functional>

#include "pattern/search.h"

namespace tidemill::pattern {
namespace {

/// One branch of one rule. The rule's entry in the index keeps the pattern alive.
struct Entry {
  RuleId rule;
  const PatternData* pattern;
  std::uint32_t branch;
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>()(text);
  }
};

using Filed = std::unordered_map<std::string, std::vector<Entry>, TextHash, std::equal_to<>>;

/// A step of a path that some rule is filed under.
struct Step {
  Step* parent = nullptr;
  std::string name;
  std::map<std::string, std::unique_ptr<Step>, std::less<>> below;
  Filed filed;
  std::size_t places = 0;  ///< How many places are here.
};

/// Where a branch is filed: under all of its texts at one path.
struct Place {
  Step* step = nullptr;  ///< nullptr: among the unfiled.
  std::vector<std::string> texts;
};

void erase_rule(std::vector<Entry>& entries, RuleId id) {
  std::erase_if(entries, [id](const Entry& entry) { return entry.rule == id; });
}

}  // namespace

class Matcher::Index {
 public:
  void add(RuleId id, Pattern pattern) {
    const auto& data = pattern.data();
    auto& rule = rules_.insert_or_assign(id, Rule{std::move(pattern), {}}).first->second;
    for (std::uint32_t branch = 0; branch < data.branches.size(); ++branch) {
      const Entry entry{id, &data, branch};
      auto place = choose(data, data.branches[branch]);
      if (place.step == nullptr) unfiled_.push_back(entry);
      for (const auto& text : place.texts) place.step->filed[text].push_back(entry);
      rule.places.push_back(std::move(place));
    }
  }

  bool remove(RuleId id) {
    const auto found = rules_.find(id);
    if (found == rules_.end()) return false;
    for (const auto& place : found->second.places) {
      if (place.step == nullptr) {
        erase_rule(unfiled_, id);
      } else {
        clear(place, id);
      }
    }
    rules_.erase(found);
    return true;
  }

  [[nodiscard]] std::size_t size() const noexcept { return rules_.size(); }

  template <class See>
  void each_candidate(const EventData& event, See see) const {
    for (const auto& entry : unfiled_) see(entry);
    visit(root_, 0, event, see);
  }

 private:
  /// So many entries under one text don't make another path worth the trouble.
  static constexpr std::size_t company_fine = 16;

  struct Rule {
    Pattern pattern;
    std::vector<Place> places;
  };

  /// The path where the branch will have the least company; if about equal, the longest, which
  /// says more.
  Place choose(const PatternData& pattern, const Branch& branch) {
    const Clause* best = nullptr;
    std::size_t best_load = 0;
    for (const auto index : branch) {
      const auto& clause = pattern.clauses[index];
      const auto texts = clause.exact_texts();
      if (texts.empty()) continue;
      const auto load = company(clause.steps, texts) / company_fine;
      const bool better = best == nullptr || load < best_load ||
                          (load == best_load && clause.steps.size() > best->steps.size());
      if (!better) continue;
      best = &clause;
      best_load = load;
    }
    if (best == nullptr) return {};
    Place place{.step = make_step(best->steps)};
    for (const auto text : best->exact_texts()) place.texts.emplace_back(text);
    std::ranges::sort(place.texts);
    place.texts.erase(std::unique(place.texts.begin(), place.texts.end()), place.texts.end());
    ++place.step->places;
    return place;
  }

  /// The most entries that are filed under one of `texts` already.
  [[nodiscard]] std::size_t company(const std::vector<std::string>& path,
                                    const std::vector<std::string_view>& texts) const {
    const auto* step = &root_;
    for (const auto& name : path) {
      const auto found = step->below.find(name);
      if (found == step->below.end()) return 0;
      step = found->second.get();
    }
    std::size_t most = 0;
    for (const auto text : texts) {
      const auto found = step->filed.find(text);
      if (found != step->filed.end()) most = std::max(most, found->second.size());
    }
    return most;
  }

  Step* make_step(const std::vector<std::string>& path) {
    auto* step = &root_;
    for (const auto& name : path) {
      auto& next = step->below[name];
      if (!next) next = std::make_unique<Step>(Step{.parent = step, .name = name});
      step = next.get();
    }
    return step;
  }

  void clear(const Place& place, RuleId id) {
    auto* step = place.step;
    for (const auto& text : place.texts) {
      const auto filed = step->filed.find(text);
      if (filed == step->filed.end()) continue;  // Gone with another branch of the rule.
      erase_rule(filed->second, id);
      if (filed->second.empty()) step->filed.erase(filed);
    }
    --step->places;
    while (step->parent != nullptr && step->places == 0 && step->below.empty()) {
      auto* parent = step->parent;
      parent->below.erase(parent->below.find(step->name));
      step = parent;
    }
  }

  /// As deep as the paths of the rules.
  template <class See>
  static void visit(const Step& step, std::uint32_t node, const EventData& event, See& see) {
    if (!step.filed.empty()) {
      const auto values = event.values_of(node);
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (values[i].kind != Kind::string) continue;
        const auto found = step.filed.find(values[i].text);
        if (found == step.filed.end()) continue;
        for (const auto& entry : found->second) see(entry);
      }
    }
    for (const auto& [name, below] : step.below) {
      const auto child = event.child(node, name);
      if (child != EventData::none) visit(*below, child, event, see);
    }
  }

  Step root_;
  std::vector<Entry> unfiled_;
  std::unordered_map<RuleId, Rule> rules_;
};

Matcher::Matcher() : index_(std::make_unique<Index>()) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

void Matcher::add(RuleId id, Pattern pattern) {
  index_->remove(id);
  index_->add(id, std::move(pattern));
}

bool Matcher::remove(RuleId id) { return index_->remove(id); }

std::size_t Matcher::size() const noexcept { return index_->size(); }

std::vector<RuleId> Matcher::match(const Event& event) const {
  std::vector<RuleId> out;
  const auto& data = event.data();
  index_->each_candidate(data, [&](const Entry& entry) {
    const bool known = !out.empty() && out.back() == entry.rule;
    const auto& pattern = *entry.pattern;
    if (!known && branch_holds(pattern, pattern.branches[entry.branch], data)) {
      out.push_back(entry.rule);
    }
  });
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::size_t Matcher::candidates(const Event& event) const {
  std::size_t count = 0;
  index_->each_candidate(event.data(), [&count](const Entry&) { ++count; });
  return count;
}

}  // namespace tidemill::pattern
