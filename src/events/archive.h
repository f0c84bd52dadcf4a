/// Archives: what keeps the events of a bus that match a pattern, to be replayed later. Functions
/// take the open transaction; the ArchiveBook belongs to the commit thread. (AWS: "Archiving and
/// replaying events in Amazon EventBridge".)
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "events/event.h"
#include "events/rule.h"
#include "pattern/pattern.h"

namespace tidemill::events {

struct Archive {
  std::int64_t id = 0;
  Scope scope;
  std::string name;
  BusKey source;
  std::optional<std::string> pattern, description;
  int retention_days = 0;  ///< 0: for ever.
  TimeMs created;
  std::int64_t event_count = 0, size_bytes = 0;

  [[nodiscard]] std::string arn() const;
};

/// Fails with AWS's ResourceNotFoundException.
[[nodiscard]] Result<Archive> require_archive(store::Tx& tx, const Scope& scope,
                                              std::string_view name);
/// In the order of their names.
[[nodiscard]] Result<std::vector<Archive>> list_archives(store::Tx& tx, const Scope& scope);
/// Fails with AWS's ResourceAlreadyExistsException. Gives the archive as stored.
[[nodiscard]] Result<Archive> add_archive(store::Tx& tx, Archive archive);
/// Changes pattern, description and retention; what is kept stays.
[[nodiscard]] Status update_archive(store::Tx& tx, const Archive& archive);
[[nodiscard]] Status remove_archive(store::Tx& tx, const Archive& archive);
/// Lets go of what is older than each archive keeps it.
[[nodiscard]] Status expire_archived(store::Tx& tx, TimeMs now);

/// The archives of every bus, their patterns compiled: which of them keep an event.
class ArchiveBook {
 public:
  /// At start.
  [[nodiscard]] Status load(store::Tx& tx);
  /// In Tx::on_commit, after the archive was added or changed. The pattern is one that compiles.
  void put(const Archive& archive);
  void erase(std::int64_t id) { open_.erase(id); }
  void clear() { open_.clear(); }

  /// Keeps the event, which has number `seq`, in each archive that wants it; a replayed one in
  /// none.
  [[nodiscard]] Status keep(store::Tx& tx, const Event& event, std::int64_t seq,
                            std::string_view envelope) const;

 private:
  struct Open {
    BusKey source;
    std::optional<pattern::Pattern> pattern;
  };
  std::unordered_map<std::int64_t, Open> open_;
};

}  // namespace tidemill::events
