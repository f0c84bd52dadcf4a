#include "base/fuzz_corpus_testing.h"

namespace tidemill::pattern {
namespace {

TEST(PatternFuzz, CorpusHolds) { EXPECT_GE(ask_corpus("pattern"), 50U); }

}  // namespace
}  // namespace tidemill::pattern
