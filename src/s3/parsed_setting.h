/// One setting of all buckets, parsed: for who needs it at every request and can't ask the
/// database. Read by any thread from a snapshot, which is replaced after each commit that changes
/// it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"

namespace tidemill::s3 {

template <class T>
class ParsedSetting {
 public:
  using Parse = Result<T> (*)(std::string_view text);
  using All = std::map<std::string, std::shared_ptr<const T>, std::less<>>;

  /// `name` is the setting's in bucket_settings.
  ParsedSetting(std::string_view name, Parse parse) : name_(name), parse_(parse) {}

  [[nodiscard]] std::string_view name() const noexcept { return name_; }

  /// Reads it of all buckets, at start.
  [[nodiscard]] Status load(store::Tx& tx) {
    All all;
    Status parsed;
    const auto take = [&](const store::Row& row) {
      auto value = parse_(row.bytes(1));
      if (!value) {
        parsed = std::unexpected(value.error());
        return false;
      }
      all.emplace(row.text(0), std::make_shared<const T>(*std::move(value)));
      return true;
    };
    TM_CHECK(
        tx.each("SELECT b.name, s.value FROM bucket_settings s JOIN buckets b ON b.id = s.bucket"
                " WHERE s.name = $1",
                take, name_));
    TM_CHECK(parsed);
    snapshot_.store(std::make_shared<const All>(std::move(all)));
    return {};
  }

  /// When `tx` is committed, the bucket has this, or nothing. Fails as the parser does.
  [[nodiscard]] Status change(store::Tx& tx, const std::string& bucket,
                              const std::optional<std::string>& text) {
    std::shared_ptr<const T> value;
    if (text) {
      TM_TRY(auto parsed, parse_(*text));
      value = std::make_shared<const T>(std::move(parsed));
    }
    // Commits are one after another, on one thread.
    tx.on_commit([this, bucket, value = std::move(value)] {
      const auto before = snapshot_.load();
      if (!value && !before->contains(bucket)) return;
      auto after = *before;
      if (value) {
        after.insert_or_assign(bucket, value);
      } else {
        after.erase(bucket);
      }
      snapshot_.store(std::make_shared<const All>(std::move(after)));
    });
    return {};
  }

  /// Test mode: all are gone when `tx` is committed.
  void reset(store::Tx& tx) {
    tx.on_commit([this] { snapshot_.store(std::make_shared<const All>()); });
  }

  /// nullptr where the bucket has none.
  [[nodiscard]] std::shared_ptr<const T> find(std::string_view bucket) const {
    const auto all = snapshot_.load();
    if (all->empty()) return nullptr;
    const auto found = all->find(bucket);
    return found == all->end() ? nullptr : found->second;
  }
  [[nodiscard]] std::shared_ptr<const All> all() const { return snapshot_.load(); }

 private:
  const std::string_view name_;
  const Parse parse_;
  std::atomic<std::shared_ptr<const All>> snapshot_ = std::make_shared<const All>();
};

}  // namespace tidemill::s3
