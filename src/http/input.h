/// What has arrived on a connection and is not used yet, and the request body made of it. Belongs
/// to one connection.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "http/parser.h"
#include "http/stream.h"

namespace tidemill::http {

/// Bytes between the socket and the parser. Small while heads are read; swaps to a large block,
/// lent by the loop, while a body is read.
class InputBuffer {
 public:
  static constexpr std::size_t small_bytes = 4 * 1024;
  static constexpr std::size_t large_bytes = 256 * 1024;

  InputBuffer();
  ~InputBuffer();
  InputBuffer(const InputBuffer&) = delete;
  InputBuffer& operator=(const InputBuffer&) = delete;

  [[nodiscard]] std::string_view view() const noexcept { return {data_.get() + begin_, size()}; }
  [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
  [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }
  void consume(std::size_t bytes) noexcept { begin_ += bytes; }
  /// Room behind the bytes, after moving them to the front.
  [[nodiscard]] std::span<char> room() noexcept;
  void filled(std::size_t bytes) noexcept { end_ += bytes; }
  /// Makes room for heads of up to `bytes`.
  void grow(std::size_t bytes);
  void grow_large();
  /// Gives the large block back if what is left fits the small one.
  void shrink();

 private:
  void adopt(std::unique_ptr<char[]> data, std::size_t capacity) noexcept;

  std::unique_ptr<char[]> data_;
  std::size_t capacity_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

struct BodyLimits {
  std::chrono::milliseconds grace{30'000};
  std::uint64_t bytes_per_second_min = 1024;
};

/// A request's body as it comes in. Answers "Expect: 100-continue" when it is first read, so that a
/// refused request never asks for its body.
class RequestBody final : public Body {
 public:
  RequestBody(Stream& stream, InputBuffer& input, RequestParser& parser, BodyLimits limits)
      : stream_(stream), input_(input), parser_(parser), limits_(limits), pace_(begin_pace()) {}

  /// Begins the body of another request.
  void begin(const Framing& framing) noexcept;

  Task<Result<std::string_view>> read() override;
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override {
    return framing_.chunked ? std::nullopt : std::optional(framing_.content_length);
  }

  /// The piece given last is used up; nothing more is read by this request.
  void release() noexcept { input_.consume(std::exchange(given_, 0)); }

  [[nodiscard]] bool at_end() const noexcept { return ended_; }
  /// The peer has gone, or talks nonsense: nothing more can be read on this connection.
  [[nodiscard]] bool broken() const noexcept { return broken_; }
  /// What is still to come, as far as known.
  [[nodiscard]] std::uint64_t left() const noexcept { return left_; }
  /// The peer still waits for our 100 (Continue), and may or may not send the body without.
  [[nodiscard]] bool is_awaited() const noexcept { return expects_continue_ && input_.empty(); }

 private:
  [[nodiscard]] Pace begin_pace() const noexcept {
    return {limits_.grace, limits_.bytes_per_second_min};
  }
  Task<Status> send_continue();
  /// Reads more into the buffer.
  Task<Status> fill(std::size_t bytes_max);
  Task<Result<std::string_view>> read_sized();
  Task<Result<std::string_view>> read_chunked();
  std::unexpected<Error> broke(Io io);

  Stream& stream_;
  InputBuffer& input_;
  RequestParser& parser_;
  BodyLimits limits_;
  Pace pace_;
  Framing framing_;
  std::uint64_t left_ = 0;
  std::size_t given_ = 0;  // Of the buffer's front: the piece that the reader looks at.
  bool expects_continue_ = false;
  bool ended_ = true;
  bool broken_ = false;
};

}  // namespace tidemill::http
