#include "s3/listing.h"

#include "base/digest.h"
#include "base/encoding.h"

namespace tidemill::s3 {
namespace {

/// Two bytes that make it unlikely that a text of somebody else's passes for a token.
std::string seal(std::string_view text) { return digest(DigestKind::crc32c, text).substr(0, 2); }

}  // namespace

Pager::Pager(ListQuery query) : query_(std::move(query)) { begin(); }

void Pager::begin() {
  seek_ = {.key = query_.prefix};
  if (query_.after.empty()) return;
  if (query_.after_is_prefix) {
    seek_behind(query_.after);
  } else if (const auto common = common_prefix(query_.after);
             common && query_.skip_prefix_of_after && !query_.delimiter.empty()) {
    seek_behind(*common);
  } else {
    seek_ = {.key = query_.after, .inclusive = false};
  }
  if (seek_.key < query_.prefix) seek_ = {.key = query_.prefix, .nothing = seek_.nothing};
}

/// The part of `key` up to the first delimiter behind the query's prefix.
std::optional<std::string_view> Pager::common_prefix(std::string_view key) const noexcept {
  if (query_.delimiter.empty() || !key.starts_with(query_.prefix)) return std::nullopt;
  const auto at = key.find(query_.delimiter, query_.prefix.size());
  if (at == key.npos) return std::nullopt;
  return key.substr(0, at + query_.delimiter.size());
}

/// The first text that is behind every text that begins with `prefix`.
void Pager::seek_behind(std::string_view prefix) {
  std::string behind(prefix);
  while (!behind.empty() && behind.back() == '\xff') behind.pop_back();
  const bool nothing = behind.empty();
  if (!nothing) behind.back() = static_cast<char>(behind.back() + 1);
  seek_ = {.key = std::move(behind), .nothing = nothing};
}

Pager::Step Pager::next(std::string_view key) {
  if (query_.max == 0 || !key.starts_with(query_.prefix)) return Step::stop;
  if (count_ == query_.max) {
    truncated_ = true;
    return Step::stop;
  }
  ++count_;
  const auto common = common_prefix(key);
  last_ = common.value_or(key);
  last_is_prefix_ = common.has_value();
  if (!common) return Step::take;
  prefixes_.emplace_back(*common);
  seek_behind(*common);
  return seek_.nothing ? Step::stop : Step::seek;
}

std::string make_token(const PageEnd& end) {
  const std::string text = (end.is_prefix ? "p" : "k") + end.last;
  return to_base64(seal(text) + text);
}

std::optional<PageEnd> parse_token(std::string_view token) {
  const auto bytes = from_base64(token);
  if (!bytes || bytes->size() < 3) return std::nullopt;
  const std::string_view text = std::string_view(*bytes).substr(2);
  if (seal(text) != std::string_view(*bytes).substr(0, 2)) return std::nullopt;
  if (text.front() != 'p' && text.front() != 'k') return std::nullopt;
  return PageEnd{.last = std::string(text.substr(1)), .is_prefix = text.front() == 'p'};
}

}  // namespace tidemill::s3
