#include "base/gzip.h"

#include <algorithm>
#include <memory>

#include <isa-l/igzip_lib.h>

namespace tidemill {
namespace {

constexpr std::size_t step = 64 * 1024;

}  // namespace

Result<std::string> gunzip(std::string_view packed, std::size_t bytes_max) {
  // Some 40 KiB: not for a coroutine's stack.
  const auto state = std::make_unique<inflate_state>();
  isal_inflate_init(state.get());
  state->crc_flag = ISAL_GZIP;
  state->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(packed.data()));
  state->avail_in = std::uint32_t(packed.size());
  std::string out;
  while (state->block_state != ISAL_BLOCK_FINISH) {
    const auto before = out.size();
    if (before > bytes_max) return fail(Errc::too_large, "The unpacked request is too large.");
    out.resize(before + step);
    state->next_out = reinterpret_cast<std::uint8_t*>(out.data() + before);
    state->avail_out = std::uint32_t(step);
    const int done = isal_inflate(state.get());
    out.resize(before + step - state->avail_out);
    const bool stuck = out.size() == before && state->avail_in == 0;
    const bool ended = state->block_state == ISAL_BLOCK_FINISH;
    if (done != ISAL_DECOMP_OK || (stuck && !ended)) {
      return fail(Errc::invalid_argument, "The body says Content-Encoding: gzip and is not that.");
    }
  }
  if (out.size() > bytes_max) return fail(Errc::too_large, "The unpacked request is too large.");
  return out;
}

}  // namespace tidemill
