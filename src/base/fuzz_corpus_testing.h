/// What fuzzing began from and what it found, asked once more without a fuzzer: a folder's tests
/// are linked with its fuzz target.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tidemill {

/// Asks each file of fuzz/corpus/FOLDER; gives how many there were.
inline std::size_t ask_corpus(std::string_view folder) {
  std::size_t count = 0;
  const auto corpus = std::filesystem::path(TIDEMILL_SOURCE_DIR) / "fuzz/corpus" / folder;
  for (const auto& file : std::filesystem::directory_iterator(corpus)) {
    SCOPED_TRACE(file.path());
    std::ifstream in(file.path(), std::ios::binary);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(in), {});
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    ++count;
  }
  return count;
}

}  // namespace tidemill
