#include "pattern/matcher.h"

#include "pattern/event_data.h"
#include "pattern/index_writer.h"
#include "pattern/matching.h"

namespace tidemill::pattern {

std::vector<RuleId> Snapshot::match(const Event& event) const {
  std::vector<RuleId> out;
  match_rules(*index_, event.data().json, Names::any, out);
  return out;
}

void Snapshot::match(std::string_view json, Names names, std::vector<RuleId>& out) const {
  out.clear();
  match_rules(*index_, json, names, out);
}

std::size_t Snapshot::size() const noexcept { return index_->size; }

std::size_t Snapshot::candidates(const Event& event) const {
  std::vector<RuleId> ignored;
  return match_rules(*index_, event.data().json, Names::any, ignored);
}

Matcher::Matcher() : writer_(std::make_unique<IndexWriter>()) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

void Matcher::add(RuleId id, const Pattern& pattern) { writer_->add(id, pattern.data()); }

bool Matcher::remove(RuleId id) { return writer_->remove(id); }

Snapshot Matcher::snapshot() { return Snapshot(writer_->share()); }

std::vector<RuleId> Matcher::match(const Event& event) const {
  std::vector<RuleId> out;
  match_rules(writer_->index(), event.data().json, Names::any, out);
  return out;
}

void Matcher::match(std::string_view json, Names names, std::vector<RuleId>& out) const {
  out.clear();
  match_rules(writer_->index(), json, names, out);
}

std::size_t Matcher::size() const noexcept { return writer_->index().size; }

std::size_t Matcher::candidates(const Event& event) const {
  std::vector<RuleId> ignored;
  return match_rules(writer_->index(), event.data().json, Names::any, ignored);
}

}  // namespace tidemill::pattern
