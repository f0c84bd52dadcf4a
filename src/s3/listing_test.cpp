#include "s3/listing.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace tidemill::s3 {
namespace {

struct Page {
  std::vector<std::string> keys, prefixes;
  bool truncated = false;
  PageEnd end;
  std::size_t looked_at = 0;
};

/// Walks sorted `keys` as the store does: from where the pager says, in order.
Page walk(const std::vector<std::string>& keys, const ListQuery& query) {
  Page page;
  Pager pager(query);
  auto step = Pager::Step::seek;
  while (step == Pager::Step::seek && !pager.seek().nothing) {
    step = Pager::Step::stop;
    const auto seek = pager.seek();
    auto at = seek.inclusive ? std::ranges::lower_bound(keys, seek.key)
                             : std::ranges::upper_bound(keys, seek.key);
    for (; at != keys.end(); ++at) {
      ++page.looked_at;
      step = pager.next(*at);
      if (step != Pager::Step::take) break;
      page.keys.push_back(*at);
    }
    if (at == keys.end()) break;
  }
  page.prefixes = pager.prefixes();
  page.truncated = pager.truncated();
  page.end = {pager.last(), pager.last_is_prefix()};
  return page;
}

using Names = std::vector<std::string>;
const Names tree = {"a", "a/b", "a/c", "b/1", "b/2", "b/3", "c", "d/x/1", "d/x/2", "d/y"};

TEST(Listing, GivesAllKeysInOrder) {
  const auto page = walk(tree, {});
  EXPECT_EQ(page.keys, tree);
  EXPECT_FALSE(page.truncated);
}

TEST(Listing, KeyAndTheKeysBelowItAreDifferentKeys) {
  const auto page = walk(tree, {.prefix = "a"});
  EXPECT_EQ(page.keys, (Names{"a", "a/b", "a/c"}));
}

TEST(Listing, RollsKeysUpIntoCommonPrefixes) {
  const auto page = walk(tree, {.delimiter = "/"});
  EXPECT_EQ(page.keys, (Names{"a", "c"}));
  EXPECT_EQ(page.prefixes, (Names{"a/", "b/", "d/"}));
  const auto below = walk(tree, {.prefix = "d/", .delimiter = "/"});
  EXPECT_EQ(below.keys, (Names{"d/y"}));
  EXPECT_EQ(below.prefixes, (Names{"d/x/"}));
}

TEST(Listing, CommonPrefixCostsOneSeekHoweverManyKeysAreBelowIt) {
  Names many;
  for (int i = 0; i < 100'000; ++i) many.push_back("big/" + std::to_string(1'000'000 + i));
  many.push_back("small");
  const auto page = walk(many, {.delimiter = "/"});
  EXPECT_EQ(page.prefixes, (Names{"big/"}));
  EXPECT_EQ(page.keys, (Names{"small"}));
  EXPECT_LE(page.looked_at, 4);
}

TEST(Listing, PagesJoinWithoutGapOrDouble) {
  for (const std::string delimiter : {"", "/"}) {
    const auto whole = walk(tree, {.delimiter = delimiter});
    for (std::size_t max = 1; max <= tree.size(); ++max) {
      Names keys, prefixes;
      ListQuery query{.delimiter = delimiter, .skip_prefix_of_after = false, .max = max};
      while (true) {
        const auto page = walk(tree, query);
        EXPECT_LE(page.keys.size() + page.prefixes.size(), max);
        keys.insert(keys.end(), page.keys.begin(), page.keys.end());
        prefixes.insert(prefixes.end(), page.prefixes.begin(), page.prefixes.end());
        if (!page.truncated) break;
        const auto end = parse_token(make_token(page.end));
        ASSERT_EQ(end, page.end);
        query.after = end->last;
        query.after_is_prefix = end->is_prefix;
      }
      EXPECT_EQ(keys, whole.keys) << max;
      EXPECT_EQ(prefixes, whole.prefixes) << max;
    }
  }
}

TEST(Listing, MarkerInsideACommonPrefixSkipsIt) {
  const auto page = walk(tree, {.delimiter = "/", .after = "b/2"});
  EXPECT_EQ(page.prefixes, (Names{"d/"}));
  EXPECT_EQ(page.keys, (Names{"c"}));
}

TEST(Listing, TokensAreOpaqueAndCheckedForForm) {
  for (const auto* wrong : {"", "nonsense", "AAAA", "\xff"}) EXPECT_FALSE(parse_token(wrong));
}

}  // namespace
}  // namespace tidemill::s3
