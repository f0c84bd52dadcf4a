// What fuzzing began from and what it found, asked once more without a fuzzer.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "../../fuzz/pattern_fuzz.cpp"

namespace tidemill::pattern {
namespace {

TEST(PatternFuzz, CorpusHolds) {
  std::size_t count = 0;
  const auto corpus = std::filesystem::path(TIDEMILL_SOURCE_DIR) / "fuzz/corpus/pattern";
  for (const auto& file : std::filesystem::directory_iterator(corpus)) {
    SCOPED_TRACE(file.path());
    std::ifstream in(file.path(), std::ios::binary);
    fuzz(std::string(std::istreambuf_iterator<char>(in), {}));
    ++count;
  }
  EXPECT_GE(count, 50U);
}

}  // namespace
}  // namespace tidemill::pattern
