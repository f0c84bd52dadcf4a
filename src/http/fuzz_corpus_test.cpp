#include "base/fuzz_corpus_testing.h"

namespace tidemill::http {
namespace {

TEST(HttpFuzz, CorpusHolds) { EXPECT_GE(ask_corpus("http"), 10U); }

}  // namespace
}  // namespace tidemill::http
