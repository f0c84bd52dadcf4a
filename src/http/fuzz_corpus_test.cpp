// What fuzzing began from and what it found, asked once more without a fuzzer.
#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tidemill::http {
namespace {

TEST(HttpFuzz, CorpusHolds) {
  std::size_t count = 0;
  const auto corpus = std::filesystem::path(TIDEMILL_SOURCE_DIR) / "fuzz/corpus/http";
  for (const auto& file : std::filesystem::directory_iterator(corpus)) {
    SCOPED_TRACE(file.path());
    std::ifstream in(file.path(), std::ios::binary);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(in), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++count;
  }
  EXPECT_GE(count, 10U);
}

}  // namespace
}  // namespace tidemill::http
