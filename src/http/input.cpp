#include "http/input.h"

namespace tidemill::http {
namespace {

/// Pieces smaller than this are worth waiting for more.
constexpr std::size_t piece_bytes_min = 64 * 1024;

/// Large blocks of this loop that no connection uses now.
struct Spare {
  static constexpr std::size_t max = 16;
  std::vector<std::unique_ptr<char[]>> blocks;
};

Spare& spare() {
  thread_local Spare blocks;
  return blocks;
}

std::unique_ptr<char[]> borrow() {
  auto& blocks = spare().blocks;
  if (blocks.empty()) return std::make_unique_for_overwrite<char[]>(InputBuffer::large_bytes);
  auto block = std::move(blocks.back());
  blocks.pop_back();
  return block;
}

void give_back(std::unique_ptr<char[]> block) {
  if (spare().blocks.size() < Spare::max) spare().blocks.push_back(std::move(block));
}

}  // namespace

InputBuffer::InputBuffer()
    : data_(std::make_unique_for_overwrite<char[]>(small_bytes)), capacity_(small_bytes) {}

InputBuffer::~InputBuffer() = default;

std::span<char> InputBuffer::room() noexcept {
  if (begin_ > 0) {
    std::memmove(data_.get(), data_.get() + begin_, size());
    end_ -= begin_;
    begin_ = 0;
  }
  return {data_.get() + end_, capacity_ - end_};
}

void InputBuffer::adopt(std::unique_ptr<char[]> data, std::size_t capacity) noexcept {
  std::memcpy(data.get(), data_.get() + begin_, size());
  end_ -= begin_;
  begin_ = 0;
  if (capacity_ == large_bytes) give_back(std::move(data_));
  data_ = std::move(data);
  capacity_ = capacity;
}

void InputBuffer::grow(std::size_t bytes) {
  if (capacity_ < bytes) adopt(std::make_unique_for_overwrite<char[]>(bytes), bytes);
}

void InputBuffer::grow_large() {
  if (capacity_ < large_bytes) adopt(borrow(), large_bytes);
}

void InputBuffer::shrink() {
  if (capacity_ == small_bytes || size() > small_bytes) return;
  adopt(std::make_unique_for_overwrite<char[]>(small_bytes), small_bytes);
}

void RequestBody::begin(const Framing& framing) noexcept {
  framing_ = framing;
  left_ = framing.content_length;
  ended_ = !framing.chunked && left_ == 0;
  expects_continue_ = framing.expects_continue;
  broken_ = false;
  given_ = 0;
  pace_ = begin_pace();
}

Task<Result<std::string_view>> RequestBody::read() {
  release();
  if (broken_) {
    co_return fail(Errc::invalid_argument, "IncompleteBody", "The request's body was cut short.");
  }
  if (ended_) co_return std::string_view();
  if (expects_continue_) TM_CO_CHECK(co_await send_continue());
  if (framing_.chunked) co_return co_await read_chunked();
  co_return co_await read_sized();
}

Task<Status> RequestBody::send_continue() {
  expects_continue_ = false;
  if (!input_.empty()) co_return Status();  // It didn't wait for us.
  std::string text = "HTTP/1.1 100 Continue\r\n\r\n";
  std::array<iovec, 1> slices{iovec{text.data(), text.size()}};
  const Io io = co_await stream_.write(slices, pace_);
  if (io != Io::ok) co_return broke(io);
  co_return Status();
}

Task<Result<std::string_view>> RequestBody::read_sized() {
  const std::size_t wanted = std::min<std::uint64_t>(left_, piece_bytes_min);
  while (input_.size() < wanted) TM_CO_CHECK(co_await fill(left_ - input_.size()));
  const std::string_view piece = input_.view().substr(0, left_);
  given_ = piece.size();
  left_ -= piece.size();
  ended_ = left_ == 0;
  co_return piece;
}

Task<Result<std::string_view>> RequestBody::read_chunked() {
  while (true) {
    auto step = parser_.decode_chunked(input_.view());
    if (!step) {
      broken_ = true;
      co_return std::unexpected(std::move(step).error());
    }
    if (!step->piece.empty()) {
      given_ = step->consumed;
      co_return step->piece;
    }
    input_.consume(step->consumed);
    if (step->done) {
      ended_ = true;
      co_return std::string_view();
    }
    if (step->needs_more) TM_CO_CHECK(co_await fill(SIZE_MAX));
  }
}

Task<Status> RequestBody::fill(std::size_t bytes_max) {
  // A small body fits the small block.
  std::span<char> room = input_.room();
  if (room.size() < bytes_max) {
    input_.grow_large();
    room = input_.room();
  }
  room = room.first(std::min(room.size(), bytes_max));
  std::optional<Moved> moved = stream_.try_read(room);
  if (!moved) {
    moved = co_await stream_.read(room, pace_.begin_wait());
    pace_.end_wait();
  }
  if (moved->io != Io::ok || moved->bytes == 0) co_return broke(moved->io);
  pace_.moved(moved->bytes);
  input_.filled(moved->bytes);
  co_return Status();
}

std::unexpected<Error> RequestBody::broke(Io io) {
  broken_ = true;
  if (io == Io::timed_out) {
    return fail(Errc::invalid_argument, "RequestTimeout",
                "Your socket connection to the server was not read from or written to within the "
                "timeout period. Idle connections will be closed.");
  }
  return fail(Errc::invalid_argument, "IncompleteBody",
              "You did not provide the number of bytes specified by the Content-Length HTTP "
              "header.");
}

}  // namespace tidemill::http
