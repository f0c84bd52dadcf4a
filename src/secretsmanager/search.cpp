#include "secretsmanager/search.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/encoding.h"

namespace tidemill::secretsmanager {
namespace {

using Texts = std::vector<std::string>;

/// "all" looks at words, whatever their case.
Texts words_of(std::string_view text) {
  Texts words(1);
  for (const char c : to_lower(text)) {
    const bool is_word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
    if (is_word) {
      words.back() += c;
    } else if (!words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

void append(Texts& texts, Texts more) { std::ranges::move(more, std::back_inserter(texts)); }

Texts all_words(const Secret& secret, const Tags& tags) {
  auto words = words_of(secret.name);
  append(words, words_of(secret.description));
  for (const auto& [key, value] : tags) {
    append(words, words_of(key));
    append(words, words_of(value));
  }
  return words;
}

bool any_begins(const Texts& texts, std::string_view beginning) {
  return std::ranges::any_of(texts,
                             [&](const std::string& text) { return text.starts_with(beginning); });
}

Texts texts_of(std::string_view key, const Secret& secret, const Tags& tags) {
  if (key == "name") return {secret.name};
  if (key == "description") return {to_lower(secret.description)};
  Texts texts;
  for (const auto& [tag, value] : tags) {
    if (key == "tag-key") texts.push_back(tag);
    if (key == "tag-value") texts.push_back(value);
  }
  return texts;  // Of "primary-region" and "owning-service" there are none.
}

bool holds_one(const SecretFilter& filter, std::string_view value, const Secret& secret,
               const Tags& tags) {
  if (filter.key == "all") {
    const auto words = all_words(secret, tags);
    return std::ranges::all_of(words_of(value),
                               [&](const std::string& word) { return any_begins(words, word); });
  }
  const auto texts = texts_of(filter.key, secret, tags);
  return any_begins(texts, filter.key == "description" ? to_lower(value) : std::string(value));
}

bool holds(const SecretFilter& filter, const Secret& secret, const Tags& tags) {
  return std::ranges::any_of(filter.values, [&](std::string_view value) {
    const bool negated = value.starts_with('!');
    return holds_one(filter, value.substr(negated ? 1 : 0), secret, tags) != negated;
  });
}

}  // namespace

bool passes(const std::vector<SecretFilter>& filters, const Secret& secret, const Tags& tags) {
  return std::ranges::all_of(
      filters, [&](const SecretFilter& filter) { return holds(filter, secret, tags); });
}

std::string sort_key(const Secret& secret, std::string_view by) {
  if (by == "name") return secret.name;
  const auto at = by == "last-changed-date"    ? secret.changed
                  : by == "last-accessed-date" ? secret.accessed.value_or(TimeMs{})
                                               : secret.created;
  return fmt::format("{:020}{:020}", at.ms, secret.id);
}

}  // namespace tidemill::secretsmanager
