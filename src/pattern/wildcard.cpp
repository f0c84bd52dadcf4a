#include "pattern/wildcard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <set>

#include "pattern/sized_text.h"

namespace tidemill::pattern {
namespace {

/// string_view::find takes quadratic time on bad luck; memmem doesn't.
std::size_t find(std::string_view text, std::string_view piece) noexcept {
  if (piece.empty()) return 0;
  if (text.size() < piece.size()) return text.npos;  // An empty text may have no place to search.
  const auto* found =
      static_cast<const char*>(memmem(text.data(), text.size(), piece.data(), piece.size()));
  return found == nullptr ? text.npos : static_cast<std::size_t>(found - text.data());
}

constexpr int star = 256;
constexpr int other = -1;

/// The value as the reference holds it, in quotes: bytes and stars.
std::vector<int> symbols_of(const Wildcard& wildcard) {
  std::vector<int> out = {'"'};
  for (std::size_t i = 0; i < wildcard.pieces().size(); ++i) {
    if (i > 0) out.push_back(star);
    for (const char c : wildcard.pieces()[i]) out.push_back(static_cast<unsigned char>(c));
  }
  out.push_back('"');
  return out;
}

/// All prefixes of all wildcards as one automaton that is in many places at once. A place is the
/// index of the symbol it has just passed; a star's place is one that any byte keeps alive.
class Places {
 public:
  using Set = std::vector<std::size_t>;

  explicit Places(const std::vector<const Wildcard*>& wildcards) {
    for (const auto* wildcard : wildcards) {
      starts_.push_back(symbols_.size());
      for (const int symbol : symbols_of(*wildcard)) symbols_.push_back(symbol);
      ends_.push_back(symbols_.size() - 1);
    }
    alphabet_.insert(symbols_.begin(), symbols_.end());
    alphabet_.erase(star);
    alphabet_.insert(other);
  }

  [[nodiscard]] const std::set<int>& alphabet() const { return alphabet_; }
  [[nodiscard]] const Set& start() const { return starts_; }

  /// The places after one more byte.
  [[nodiscard]] Set step(const Set& from, int byte) const {
    Set to;
    for (const auto place : from) {
      if (symbols_[place] == star) to.push_back(place);
      if (is_end(place)) continue;
      if (symbols_[place + 1] == star) {
        to.push_back(place + 1);
        if (symbols_[place + 2] == byte) to.push_back(place + 2);
      } else if (symbols_[place + 1] == byte) {
        to.push_back(place + 1);
      }
    }
    std::ranges::sort(to);
    to.erase(std::unique(to.begin(), to.end()), to.end());
    return to;
  }

  /// The places, and the stars just behind them, which stand for nothing as well.
  [[nodiscard]] std::size_t size(const Set& places) const {
    auto count = places.size();
    for (const auto place : places) {
      const bool star_next = !is_end(place) && symbols_[place + 1] == star;
      if (star_next && !std::ranges::binary_search(places, place + 1)) ++count;
    }
    return count;
  }

 private:
  [[nodiscard]] bool is_end(std::size_t place) const {
    return std::ranges::binary_search(ends_, place);
  }
  std::vector<int> symbols_;
  Set starts_, ends_;
  std::set<int> alphabet_;
};

}  // namespace

std::expected<Wildcard, std::string> Wildcard::parse(std::string_view text) {
  Wildcard out;
  out.pieces_.emplace_back();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '*') {
      if (next == '*') {
        return std::unexpected(fmt::format("Consecutive wildcard characters at pos {}", i + 1));
      }
      out.pieces_.emplace_back();
    } else if (text[i] == '\\') {
      if (next != '*' && next != '\\') {
        return std::unexpected(fmt::format("Invalid escape character at pos {}", i + 1));
      }
      out.pieces_.back() += next;
      ++i;
    } else {
      out.pieces_.back() += text[i];
    }
  }
  return out;
}

std::string Wildcard::encode() const {
  std::string out;
  for (const auto& piece : pieces_) append_sized(out, piece);
  return out;
}

bool like(std::string_view encoded, std::string_view value) noexcept {
  const auto first = take_sized(encoded);
  if (encoded.empty()) return value == first;
  if (!value.starts_with(first)) return false;
  value.remove_prefix(first.size());
  for (;;) {
    const auto piece = take_sized(encoded);
    if (encoded.empty()) return value.ends_with(piece);
    const auto at = find(value, piece);
    if (at == value.npos) return false;
    value.remove_prefix(at + piece.size());
  }
}

std::vector<std::string_view> pieces_of(std::string_view encoded) {
  std::vector<std::string_view> out;
  while (!encoded.empty()) out.push_back(take_sized(encoded));
  return out;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '*' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string wildcard_text(std::string_view encoded) {
  std::string out;
  for (bool first = true; !encoded.empty(); first = false) {
    if (!first) out += '*';
    out += escaped(take_sized(encoded));
  }
  return out;
}

std::size_t complexity(const std::vector<const Wildcard*>& wildcards, std::size_t enough) {
  // Each round costs at most `enough` places for each byte of the alphabet.
  constexpr std::size_t rounds_max = 2000;
  if (wildcards.empty()) return 0;
  const Places places(wildcards);
  std::set<Places::Set> seen = {places.start()};
  std::deque<Places::Set> todo = {places.start()};
  std::size_t most = 0;
  for (std::size_t round = 0; !todo.empty(); ++round) {
    const auto now = std::move(todo.front());
    todo.pop_front();
    most = std::max(most, places.size(now));
    if (most > enough || round == rounds_max) return enough + 1;
    for (const int byte : places.alphabet()) {
      auto next = places.step(now, byte);
      if (!next.empty() && seen.insert(next).second) todo.push_back(std::move(next));
    }
  }
  return most;
}

}  // namespace tidemill::pattern
