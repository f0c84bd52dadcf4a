#include "base/md5.h"

#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/encoding.h"

namespace tidemill {
namespace {

std::string noise(std::size_t bytes, std::uint64_t seed) {
  std::string text(bytes, '\0');
  for (auto& c : text) {
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>(seed >> 56);
  }
  return text;
}

std::string md5_in_pieces(std::string_view text, std::size_t piece) {
  Md5 md5;
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    md5.update(text.substr(0, piece));
  }
  return to_hex(md5.finish());
}

TEST(Md5, GivesTheRfcsValues) {
  EXPECT_EQ(md5_in_pieces("", 1), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(md5_in_pieces("message digest", 3), "f96b697d7cb7938d525a2f31aaf161d0");
  const std::string digits =
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890";
  EXPECT_EQ(md5_in_pieces(digits, 7), "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(Md5, PadsEveryLength) {
  const auto text = noise(200, 1);
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto part = std::string_view(text).substr(0, size);
    EXPECT_EQ(md5_in_pieces(part, 1000), md5_in_pieces(part, 1)) << size;
    EXPECT_EQ(md5_in_pieces(part, 1000), to_hex(digest(DigestKind::md5, part))) << size;
  }
}

TEST(Md5, HashesStreamsOfManyThreadsBesideEachOther) {
  constexpr std::size_t streams = 20;
  std::vector<std::string> texts, got(streams);
  for (std::size_t i = 0; i < streams; ++i) texts.push_back(noise(300'000 + i * 70'001, i));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < streams; ++i) {
    threads.emplace_back([&, i] { got[i] = md5_in_pieces(texts[i], 100'000 + i * 13'007); });
  }
  for (auto& thread : threads) thread.join();
  for (std::size_t i = 0; i < streams; ++i) EXPECT_EQ(got[i], md5_in_pieces(texts[i], 997)) << i;
}

}  // namespace
}  // namespace tidemill
