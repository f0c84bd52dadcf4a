/// What a page of a listing holds: prefix, delimiter, marker and size decide, one key at a time.
/// Pure: the caller walks the keys in order and does what it is told, so that a common prefix costs
/// one seek however many keys are below it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::s3 {

struct ListQuery {
  std::string prefix, delimiter;
  std::string after;             ///< Only keys behind this one.
  bool after_is_prefix = false;  ///< `after` is a common prefix given before: skip all below it.
  bool skip_prefix_of_after = true;  ///< A marker inside a common prefix skips that prefix too.
  std::size_t max = 1000;
};

/// Where a walk over the keys is to begin or go on.
struct Seek {
  std::string key;
  bool inclusive = true;
  bool nothing = false;  ///< There can't be such a key.
};

class Pager {
 public:
  enum class Step : std::uint8_t {
    take,  ///< The key is part of the page; go on with the next.
    seek,  ///< It stands for a common prefix: go on at seek().
    stop,  ///< The page is done; don't look further.
  };

  explicit Pager(ListQuery query);

  /// Where to begin, or to go on after Step::seek.
  [[nodiscard]] const Seek& seek() const noexcept { return seek_; }
  /// `key` is the next in order.
  Step next(std::string_view key);

  [[nodiscard]] const std::vector<std::string>& prefixes() const noexcept { return prefixes_; }
  [[nodiscard]] bool truncated() const noexcept { return truncated_; }
  /// The last key or common prefix of the page.
  [[nodiscard]] const std::string& last() const noexcept { return last_; }
  [[nodiscard]] bool last_is_prefix() const noexcept { return last_is_prefix_; }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  [[nodiscard]] std::optional<std::string_view> common_prefix(std::string_view key) const noexcept;
  void seek_behind(std::string_view prefix);
  void begin();

  const ListQuery query_;
  Seek seek_;
  std::vector<std::string> prefixes_;
  std::string last_;
  std::size_t count_ = 0;
  bool last_is_prefix_ = false;
  bool truncated_ = false;
};

/// Opaque to clients: what a page ended with. nullopt for what isn't one.
struct PageEnd {
  std::string last;
  bool is_prefix = false;
  bool operator==(const PageEnd&) const = default;
};
[[nodiscard]] std::string make_token(const PageEnd& end);
[[nodiscard]] std::optional<PageEnd> parse_token(std::string_view token);

}  // namespace tidemill::s3
