// Fuzzes what servers outside answer, and addresses: the first byte says how large the pieces are
// in which the rest arrives. However it arrives, the answer must be the same, within its limits.
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "http/answer_parser.h"
#include "http/url.h"

namespace tidemill::http {
namespace {

constexpr std::size_t body_max = 1000;

/// What became of it; nullopt: it is no answer.
std::optional<Answer> parse(std::string_view input, std::size_t piece) {
  AnswerParser parser(body_max, false);
  while (!input.empty() && !parser.is_done()) {
    const auto taken = std::min(piece, input.size());
    if (!parser.put(input.substr(0, taken))) return std::nullopt;
    input.remove_prefix(taken);
  }
  if (!parser.end()) return std::nullopt;
  TM_ASSERT(parser.is_done());
  auto answer = parser.take();
  TM_ASSERT(answer.body.size() <= body_max);
  return answer;
}

void fuzz(std::string_view input) {
  if (const auto url = Url::parse(input)) {
    const auto again = Url::parse(url->origin() + url->target);
    TM_ASSERT(again && again->target == url->target && again->origin() == url->origin());
  }
  if (input.empty()) return;
  const std::size_t piece = 1 + static_cast<unsigned char>(input[0]);
  const auto whole = parse(input.substr(1), input.size());
  const auto pieces = parse(input.substr(1), piece);
  TM_ASSERT(whole.has_value() == pieces.has_value());
  if (!whole) return;
  TM_ASSERT(whole->status == pieces->status && whole->body == pieces->body);
  TM_ASSERT(whole->headers.fields() == pieces->headers.fields());
}

}  // namespace
}  // namespace tidemill::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tidemill::http::fuzz({reinterpret_cast<const char*>(data), size});
  return 0;
}
