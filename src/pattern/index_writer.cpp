#include "pattern/index_writer.h"

#include <algorithm>
#include <bit>

#include "base/error.h"

namespace tidemill::pattern {
namespace {

/// One number of another, and each of just one.
std::uint64_t spread(RuleId id) {
  auto x = std::uint64_t(id) + 0x9e3779b97f4a7c15;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  return x ^ x >> 31;
}

bool asks_numbers(const SharedClause& clause) {
  for (ProgramReader reader(clause.program()); !reader.done();) {
    const auto ask = reader.next().ask;
    if (ask == Ask::number || ask == Ask::range || ask == Ask::number_text) return true;
  }
  return false;
}

}  // namespace

IndexWriter::IndexWriter() : index_(std::bit_cast<std::uintptr_t>(this)) {}

std::shared_ptr<const RuleIndex> IndexWriter::share() {
  ++edit_.number;
  return std::make_shared<const RuleIndex>(index_);
}

void IndexWriter::add(RuleId id, const PatternData& pattern) {
  remove(id);
  std::size_t parts = 0;
  for (const auto& branch : pattern.branches) parts += branch.size();
  Ref<RuleData> rule(RuleData::Parts::make(parts));
  rule->id = id;
  rule->branch_count = std::uint32_t(pattern.branches.size());
  if (rule->branch_count > 1) rule->ends.reset(new std::uint32_t[rule->branch_count - 1]);
  for (std::uint32_t branch = 0; branch < rule->branch_count; ++branch) {
    for (const auto number : pattern.branches[branch]) {
      auto* part = RuleData::Parts::items(rule.get()) + rule->part_count++;
      new (part) RuleData::Part(use(pattern.clauses[number]));
    }
    if (branch + 1 < rule->branch_count) rule->ends[branch] = rule->part_count;
  }
  for (std::uint32_t branch = 0; branch < rule->branch_count; ++branch) file(*rule, branch);
  rule->places.shrink_to_fit();
  index_.rules.place(spread(id), edit_.number) = std::move(rule);
  ++index_.size;
}

bool IndexWriter::remove(RuleId id) {
  const Ref<RuleData> rule(const_cast<RuleData*>(index_.rules.find(spread(id))));
  if (!rule) return false;
  for (const auto& place : rule->places) clear(*rule, place);
  for (const auto& part : rule->parts()) drop(*part.clause);
  remove_rule(index_.always, rule.get(), edit_.number);
  index_.rules.erase(spread(id), edit_.number);
  --index_.size;
  return true;
}

RuleData::Part IndexWriter::use(const Clause& clause) {
  identity_.assign(clause.path).append(1, '\0').append(clause.json);
  const auto known = clauses_.find(identity_);
  if (known != clauses_.end()) {
    ++known->second.uses;
    return {known->second.slot, known->second.clause};
  }
  auto shared = SharedClause::make(clause, identity_);
  auto& node = index_.paths.edit(clause.path, edit_);
  ++node.clauses;
  node.numeric_clauses += asks_numbers(*shared) ? 1 : 0;
  clauses_.emplace(shared->identity(), Known{shared, node.slot, 1});
  return {node.slot, std::move(shared)};
}

std::size_t IndexWriter::uses(const SharedClause& clause) const {
  return clauses_.find(clause.identity())->second.uses;
}

void IndexWriter::drop(const SharedClause& clause) {
  const auto known = clauses_.find(clause.identity());
  TM_ASSERT(known != clauses_.end());
  if (--known->second.uses > 0) return;
  const std::string path(clause.path());
  auto& node = index_.paths.edit(path, edit_);
  --node.clauses;
  node.numeric_clauses -= asks_numbers(clause) ? 1 : 0;
  clauses_.erase(known);
  index_.paths.trim(path, edit_);
}

void IndexWriter::file(RuleData& rule, std::uint32_t branch) {
  const auto parts = rule.branch(branch);
  const auto choice = choose(parts, rule.places.size() > places_max);
  Candidate candidate{.rule = &rule, .check = quick_check(parts, choice), .branch = branch};
  if (choice.keys.empty()) {
    add_candidate(index_.always, candidate, edit_.number);
    return;
  }
  const auto& part = parts[choice.part];
  const auto number = std::uint32_t(&part - rule.parts().data());
  for (const auto& key : choice.keys) {
    const auto hash = index_.key(part.slot, key.kind, key.length, key.bytes);
    add_candidate(index_.filed.place(hash, edit_.number), candidate, edit_.number);
    rule.places.push_back({hash, number, key.kind, key.length});
    count(part.clause->path(), rule.places.back(), 1);
  }
}

void IndexWriter::clear(const RuleData& rule, const RuleData::Place& place) {
  auto& postings = index_.filed.place(place.hash, edit_.number);
  remove_rule(postings, &rule, edit_.number);
  if (!postings) index_.filed.erase(place.hash, edit_.number);
  count(rule.parts()[place.part].clause->path(), place, -1);
}

void IndexWriter::count(std::string_view path, const RuleData::Place& place, int change) {
  auto& filed = index_.paths.edit(path, edit_).filed;
  auto at = std::ranges::find_if(filed, [&](const PathNode::Filed& f) {
    return f.kind == place.kind && f.length == place.length;
  });
  if (at == filed.end()) at = filed.insert(at, {place.kind, place.length, 0});
  at->count += std::uint32_t(change);
  if (at->count == 0) filed.erase(at);
  if (place.kind != KeyKind::inside) return;
  auto& filter = own(index_.inside, edit_.number);
  auto& marks = filter.counts[place.hash % InsideFilter::size];
  if (marks != InsideFilter::many) marks = std::uint8_t(marks + change);
  filter.keys += std::size_t(change);
  if (filter.keys == 0) index_.inside = {};
}

QuickCheck IndexWriter::quick_check(std::span<const RuleData::Part> parts,
                                    const Choice& filed) const {
  // That there is a value says nothing of it: then the same one may be looked at.
  const bool by_value = !filed.keys.empty() && filed.keys[0].kind != KeyKind::present;
  QuickCheck best;
  std::size_t best_uses = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& [slot, clause] = parts[i];
    if ((i == filed.part && by_value) || clause->absent) continue;
    const auto check = quick_check_of(clause->program());
    const auto uses_here = uses(*clause);
    const bool says_more = best.of == QuickCheck::Of::end && check.of != QuickCheck::Of::end;
    const bool better =
        best.length == 0 || uses_here < best_uses || (uses_here == best_uses && says_more);
    if (check.length == 0 || !better) continue;
    best = check;
    best.slot = slot;
    best_uses = uses_here;
  }
  return best;
}

IndexWriter::Choice IndexWriter::choose(std::span<const RuleData::Part> parts, bool one_key) const {
  // Those with the fewest alternatives first: they may spare a look at long lists.
  std::vector<std::pair<std::size_t, std::size_t>> order;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& clause = *parts[i].clause;
    if (!clause.absent) order.emplace_back(count_alternatives(clause.program()), i);
  }
  std::ranges::sort(order);
  Choice best;
  if (one_key && !order.empty()) return {.part = order[0].second, .keys = std::vector<Key>(1)};
  for (const auto& [alternatives, i] : order) {
    if (alternatives / 16 * cost_unit > best.cost) break;
    auto choice = weigh(parts[i]);
    choice.part = i;
    if (choice.cost < best.cost) best = std::move(choice);
  }
  return best;
}

IndexWriter::Choice IndexWriter::weigh(const RuleData::Part& part) const {
  Choice choice{.cost = 0};
  const auto uses_here = uses(*part.clause);
  for (auto& alternative : keys_of(part.clause->program())) {
    Key* best = nullptr;
    std::size_t best_cost = 0;
    for (auto& key : alternative) {
      const auto cost_here = cost(part.slot, key, uses_here);
      if (best != nullptr && cost_here >= best_cost) continue;
      best = &key;
      best_cost = cost_here;
    }
    choice.keys.push_back(std::move(*best));
    choice.cost = std::max(choice.cost, best_cost);
  }
  choice.cost += choice.keys.size() / 16;
  // If about equal the longer path, which says more.
  const auto steps = std::size_t(std::ranges::count(part.clause->path(), '.'));
  choice.cost = choice.cost * cost_unit + cost_unit - 1 - std::min(steps, cost_unit - 1);
  return choice;
}

/// What is filed under the key already, and how much is to be expected.
std::size_t IndexWriter::cost(std::uint32_t slot, const Key& key, std::size_t uses) const {
  constexpr std::size_t company_fine = 16, short_affix = 3;
  const auto* postings = index_.filed.find(index_.key(slot, key.kind, key.length, key.bytes));
  const auto company = std::max(postings == nullptr ? 0 : postings->size, uses);
  const auto crowd = company / company_fine * 8;
  switch (key.kind) {
    case KeyKind::present: return crowd + company + 64;
    case KeyKind::prefix: return crowd + (key.length < short_affix ? 8 : 1);
    case KeyKind::suffix: return crowd + (key.length < short_affix ? 9 : 2);
    case KeyKind::inside: return crowd + (key.length < short_affix ? 10 : 3);
    case KeyKind::word: return crowd + 12;
    default: return crowd;
  }
}

}  // namespace tidemill::pattern
