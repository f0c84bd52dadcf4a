/// Documents of many resources (policies, say), parsed: for who needs them at every request and
/// can't ask the database. Read by any thread from a snapshot, which is replaced after each commit
/// that changes it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"

namespace tidemill::store {

template <class T>
class Parsed {
 public:
  using Parse = std::function<Result<T>(std::string_view name, std::string_view text)>;
  using All = std::map<std::string, std::shared_ptr<const T>, std::less<>>;

  explicit Parsed(Parse parse) : parse_(std::move(parse)) {}

  /// At start. `sql` gives each resource's name and text.
  template <class... A>
  [[nodiscard]] Status load(Tx& tx, std::string_view sql, const A&... parameters) {
    All all;
    Status parsed;
    const auto take = [&](const Row& row) {
      auto value = parse_(row.bytes(0), row.bytes(1));
      if (!value) {
        parsed = std::unexpected(value.error());
        return false;
      }
      all.emplace(row.text(0), std::make_shared<const T>(*std::move(value)));
      return true;
    };
    TM_CHECK(tx.each(sql, take, parameters...));
    TM_CHECK(parsed);
    snapshot_.store(std::make_shared<const All>(std::move(all)));
    return {};
  }

  /// When `tx` is committed, the resource has this, or nothing. Fails as the parser does.
  [[nodiscard]] Status change(Tx& tx, const std::string& name,
                              const std::optional<std::string>& text) {
    std::shared_ptr<const T> value;
    if (text) {
      TM_TRY(auto parsed, parse_(name, *text));
      value = std::make_shared<const T>(std::move(parsed));
    }
    // Commits are one after another, on one thread.
    tx.on_commit([this, name, value = std::move(value)] {
      const auto before = snapshot_.load();
      if (!value && !before->contains(name)) return;
      auto after = *before;
      if (value) {
        after.insert_or_assign(name, value);
      } else {
        after.erase(name);
      }
      snapshot_.store(std::make_shared<const All>(std::move(after)));
    });
    return {};
  }

  /// Test mode: all are gone when `tx` is committed.
  void reset(Tx& tx) {
    tx.on_commit([this] { snapshot_.store(std::make_shared<const All>()); });
  }

  /// nullptr where the resource has none.
  [[nodiscard]] std::shared_ptr<const T> find(std::string_view name) const {
    const auto all = snapshot_.load();
    if (all->empty()) return nullptr;
    const auto found = all->find(name);
    return found == all->end() ? nullptr : found->second;
  }
  [[nodiscard]] bool empty() const { return snapshot_.load()->empty(); }
  [[nodiscard]] std::shared_ptr<const All> all() const { return snapshot_.load(); }

 private:
  const Parse parse_;
  std::atomic<std::shared_ptr<const All>> snapshot_ = std::make_shared<const All>();
};

}  // namespace tidemill::store
