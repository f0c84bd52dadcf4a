#include "pattern/matching.h"

#include <algorithm>
#include <array>
#include <bit>

#include "pattern/fold.h"
#include "pattern/keys.h"
#include "pattern/scanner.h"
#include "pattern/search.h"

namespace tidemill::pattern {
namespace {

/// A match in progress; its memory serves the thread's next one.
class Matching {
 public:
  std::size_t run(const RuleIndex& index, std::string_view json, Names names,
                  std::vector<RuleId>& out) {
    index_ = &index;
    postings_.clear();
    candidates_.clear();
    scanner_.scan(index.paths, json, names);
    look_up();
    compare(out);
    const auto compared = candidates_.size();
    if (json.size() > large_event) shrink();
    return compared;
  }

 private:
  static constexpr std::size_t large_event = 256 * 1024;

  struct Entry {
    const RuleData* rule;
    std::uint32_t branch;
    friend auto operator<=>(const Entry&, const Entry&) = default;
  };

  void look_up() {
    if (index_->always) postings_.push_back(index_->always.get());
    for (const auto* node : scanner_.found()) {
      if (node->filed.empty()) continue;
      if (scanner_.count(node->slot) == 1) {
        look_up(*node, scanner_.first(node->slot));
      } else {
        for (const auto& value : scanner_.values(node->slot)) look_up(*node, value);
      }
    }
    // Equal values have equal keys: each posting counts once.
    if (postings_.size() > 1) {
      std::ranges::sort(postings_);
      postings_.erase(std::unique(postings_.begin(), postings_.end()), postings_.end());
    }
    for (const auto* postings : postings_) {
      gather(postings->first());
      for (const auto& chunk : postings->more) gather(chunk->candidates);
    }
    if (postings_.size() > 1) {
      std::ranges::sort(candidates_);
      candidates_.erase(std::unique(candidates_.begin(), candidates_.end()), candidates_.end());
    }
  }

  void look_up(const PathNode& node, const Value& value) {
    for (const auto& filed : node.filed) {
      if (filed.kind == KeyKind::present) {
        see(node, filed, "");
      } else if (value.kind == Kind::string) {
        look_up_text(node, filed, value.text);
      } else if (value.kind == Kind::number) {
        if (filed.kind == KeyKind::number) {
          const auto key = number_key(value.number);
          see(node, filed, {key.data(), key.size()});
        } else if (filed.kind == KeyKind::number_text) {
          see(node, filed, value.text);
        }
      } else if (filed.kind == KeyKind::word) {
        see(node, filed, {reinterpret_cast<const char*>(&value.kind), 1});
      }
    }
  }

  void look_up_text(const PathNode& node, const PathNode::Filed& filed, std::string_view text) {
    switch (filed.kind) {
      case KeyKind::text: see(node, filed, text); break;
      case KeyKind::lower:
        lower_.assign(text);
        for (auto& c : lower_) c = small(c);
        see(node, filed, lower_);
        break;
      case KeyKind::address:
        if (const auto address = parse_address(text)) {
          const auto key = address_key(*address);
          see(node, filed, {key.data(), key.size()});
        }
        break;
      case KeyKind::prefix:
        if (text.size() >= filed.length) see(node, filed, text.substr(0, filed.length));
        break;
      case KeyKind::suffix:
        if (text.size() >= filed.length) see(node, filed, text.substr(text.size() - filed.length));
        break;
      case KeyKind::inside: look_inside(node, filed, text); break;
      default: break;
    }
  }

  void look_inside(const PathNode& node, const PathNode::Filed& filed, std::string_view text) {
    for (; text.size() >= filed.length; text.remove_prefix(1)) {
      const auto hash =
          index_->key(node.slot, filed.kind, filed.length, text.substr(0, filed.length));
      if (index_->inside->may_have(hash)) see(hash);
    }
  }

  void see(const PathNode& node, const PathNode::Filed& filed, std::string_view bytes) {
    see(index_->key(node.slot, filed.kind, filed.length, bytes));
  }

  void see(std::uint64_t hash) {
    if (const auto* postings = index_->filed.find(hash)) postings_.push_back(postings);
  }

  void gather(std::span<const Candidate> filed) {
    auto slot = ~std::uint32_t{0};
    std::span<const Value> values;
    for (const auto& [rule, check, branch] : filed) {
      if (check.of != QuickCheck::Of::nothing) {
        // Neighbours mostly look at the same path.
        if (check.slot != slot) {
          slot = check.slot;
          values = scanner_.values(slot);
        }
        const auto passes_here = [&check](const Value& value) { return passes(check, value); };
        if (std::ranges::none_of(values, passes_here)) continue;
      }
      candidates_.push_back({rule, branch});
    }
  }

  static bool passes(const QuickCheck& check, const Value& value) noexcept {
    if (check.of == QuickCheck::Of::range) {
      const auto [bottom, top] = std::bit_cast<std::array<float, 2>>(check.bytes);
      return value.kind == Kind::number && value.number >= bottom && value.number <= top;
    }
    const auto text = value.text;
    if (value.kind != Kind::string || text.size() < std::size_t{check.offset} + check.length) {
      return false;
    }
    // What doesn't count is shifted out: behind the first bytes, in front of the last.
    const auto spare = 64 - 8 * unsigned{check.length};
    if (check.of == QuickCheck::Of::end) return (last_bytes(text) ^ check.bytes) >> spare == 0;
    return (first_bytes(text.substr(check.offset)) ^ check.bytes) << spare == 0;
  }

  void compare(std::vector<RuleId>& out) {
    held_ = failed_ = nullptr;
    const auto begin = static_cast<std::ptrdiff_t>(out.size());
    for (const auto& [rule, branch] : candidates_) {
      const bool known = out.size() > static_cast<std::size_t>(begin) && out.back() == rule->id;
      if (!known && holds(rule->branch(branch))) out.push_back(rule->id);
    }
    if (out.size() - static_cast<std::size_t>(begin) < 2) return;
    std::sort(out.begin() + begin, out.end());
    out.erase(std::unique(out.begin() + begin, out.end()), out.end());
  }

  bool holds(std::span<const RuleData::Part> parts) {
    bool in_arrays = false;
    for (const auto& [slot, clause] : parts) {
      // Neighbours often share a clause.
      if (clause.get() == failed_) return false;
      if (clause.get() == held_) continue;
      const auto count = scanner_.count(slot);
      if (count == 0 && !clause->absent) return false;
      in_arrays = in_arrays || count > 1;
      if (count != 1) continue;
      const auto& value = scanner_.first(slot);
      const bool in_array = value.element != 0;
      in_arrays = in_arrays || in_array;
      if (in_array && clause->absent) continue;
      // Whatever else holds: without it nothing does.
      if (!program_holds(clause->program(), value)) {
        failed_ = clause.get();
        return false;
      }
      if (!in_array) held_ = clause.get();
    }
    return !in_arrays || holds_in_arrays(parts);
  }

  bool holds_in_arrays(std::span<const RuleData::Part> parts) {
    questions_.clear();
    for (const auto& [slot, clause] : parts) {
      questions_.push_back({clause->program(), clause->absent, scanner_.values(slot)});
    }
    // Each must hold somewhere, before it matters where.
    const auto somewhere = [](const Question& question) {
      return question.absent || std::ranges::any_of(question.values, [&](const Value& value) {
               return program_holds(question.program, value);
             });
    };
    return std::ranges::all_of(questions_, somewhere) && all_hold(questions_, scanner_.tree());
  }

  void shrink() {
    scanner_.shrink();
    postings_ = {};
    candidates_ = {};
    lower_ = {};
  }

  const RuleIndex* index_ = nullptr;
  Scanner scanner_;
  std::vector<const Postings*> postings_;
  std::vector<Entry> candidates_;
  std::vector<Question> questions_;
  std::string lower_;
  const SharedClause* held_ = nullptr;    ///< The last clause that holds in no array,
  const SharedClause* failed_ = nullptr;  ///< and the last that holds nowhere.
};

}  // namespace

std::size_t match_rules(const RuleIndex& index, std::string_view json, Names names,
                        std::vector<RuleId>& out) {
  thread_local Matching matching;
  return matching.run(index, json, names, out);
}

}  // namespace tidemill::pattern
