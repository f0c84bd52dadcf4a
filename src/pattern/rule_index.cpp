#include "pattern/rule_index.h"

#include <algorithm>

namespace tidemill::pattern {
namespace {

/// A copy of `from` (if any) with room for so many first candidates.
Ref<Postings> copy(const Postings* from, std::uint32_t capacity, std::uint32_t edit) {
  Ref<Postings> to(Postings::First::make(capacity));
  to->edit = edit;
  to->capacity = capacity;
  if (from == nullptr) return to;
  std::ranges::copy(from->first(), Postings::First::items(to.get()));
  to->count = from->count;
  to->more = from->more;
  to->size = from->size;
  return to;
}

}  // namespace

Ref<SharedClause> SharedClause::make(const Clause& clause, std::string_view identity) {
  Ref<SharedClause> out(Bytes::make(clause.program.size() + identity.size()));
  out->program_bytes = std::uint32_t(clause.program.size());
  out->identity_bytes = std::uint32_t(identity.size());
  out->absent = clause.absent;
  auto* end = std::ranges::copy(clause.program, Bytes::items(out.get())).out;
  std::ranges::copy(identity, end);
  return out;
}

void add_candidate(Ref<Postings>& at, const Candidate& candidate, std::uint32_t edit) {
  constexpr std::uint32_t few = 2, step = 6;
  const auto capacity = at ? at->capacity : few;
  const bool full = at && at->count == capacity;
  const bool grows = full && capacity < Postings::chunk_max;
  if (!at || grows || at->edit != edit) {
    const auto larger =
        std::min<std::uint32_t>(capacity + capacity / 2 + step, Postings::chunk_max);
    at = copy(at.get(), grows ? larger : capacity, edit);
  }
  ++at->size;
  if (at->count < at->capacity) {
    Postings::First::items(at.get())[at->count++] = candidate;
    return;
  }
  auto& more = at->more;
  if (more.empty() || more.back()->candidates.size() >= Postings::chunk_max) more.emplace_back();
  own(more.back(), edit).candidates.push_back(candidate);
}

void remove_rule(Ref<Postings>& at, const RuleData* rule, std::uint32_t edit) {
  if (!at) return;
  if (at->edit != edit) at = copy(at.get(), at->capacity, edit);
  const auto is_rule = [rule](const Candidate& candidate) { return candidate.rule == rule; };
  const auto gone = std::ranges::remove_if(at->first(), is_rule).size();
  at->count -= std::uint32_t(gone);
  at->size -= gone;
  for (auto& chunk : at->more) {
    if (std::ranges::none_of(chunk->candidates, is_rule)) continue;
    at->size -= std::erase_if(own(chunk, edit).candidates, is_rule);
  }
  std::erase_if(at->more, [](const auto& chunk) { return chunk->candidates.empty(); });
  if (at->size == 0) at = {};
}

}  // namespace tidemill::pattern
