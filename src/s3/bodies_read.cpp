// Bodies on their way out: checked once, then sent from the page cache.
#include <fmt/format.h>

#include "base/log.h"
#include "s3/bodies.h"

namespace tidemill::s3 {
namespace {

constexpr std::uint64_t block_bytes = Hasher::block_bytes;
/// Up to here the blocks are compared before the first byte is sent, so that what is corrupt gets a
/// clean 500; beyond it while sending, and the connection is cut.
constexpr std::uint64_t check_first_max = 8 << 20;

std::unexpected<Error> corrupt(const Piece& piece, std::uint64_t block) {
  TM_LOG(error, "s3", "stored bytes don't match their checksum",
         {{"body", piece.id}, {"file", piece.file}, {"block", block}});
  return fail(Errc::corrupt, "InternalError",
              "We encountered an internal error. Please try again.");
}

std::uint64_t block_length(const Piece& piece, std::uint64_t block) noexcept {
  return std::min(block_bytes, piece.size - block * block_bytes);
}

/// Reads one block into `buffer` and compares it.
Status read_block(const Piece& piece, int fd, std::uint64_t block, std::string& buffer) {
  buffer.resize(block_length(piece, block));
  const auto read = io::read_at(fd, block * block_bytes, buffer);
  if (!read && read.error().code != Errc::corrupt) return read;
  const auto crc = std::string_view(piece.crcs).substr(std::min(piece.crcs.size(), block * 4), 4);
  if (!read || digest(DigestKind::crc32c, buffer) != crc) return corrupt(piece, block);
  return {};
}

std::uint64_t end_of(const Piece& piece) noexcept { return piece.start + piece.size; }

}  // namespace

/// Reads pieces one after the other, a block at a time, on the pool.
class Bodies::Stream final : public Source {
 public:
  Stream(Bodies& bodies, Pieces pieces, std::uint64_t offset, std::uint64_t length)
      : bodies_(bodies), pieces_(std::move(pieces)), at_(offset), end_(offset + length) {
    length_ = length;
    bodies_.pin(pieces_);
  }
  ~Stream() override { bodies_.unpin(pieces_); }

  Task<Result<std::string_view>> read() override {
    if (at_ >= end_) co_return std::string_view();
    while (current_ < pieces_.size() && end_of(pieces_[current_]) <= at_) {
      ++current_;
      fd_ = {};
    }
    if (current_ == pieces_.size()) {
      co_return fail(Errc::corrupt, "InternalError", "a part of the object is missing");
    }
    const auto& piece = pieces_[current_];
    if (piece.file.empty()) {
      const auto from = at_ - piece.start;
      const auto count = std::min(piece.size - from, end_ - at_);
      at_ += count;
      co_return std::string_view(piece.bytes).substr(from, count);
    }
    auto work = [this, &piece] { return next_block(piece); };
    co_return co_await bodies_.pool_.run(work);
  }
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return length_; }

 private:
  /// On the pool.
  Result<std::string_view> next_block(const Piece& piece) {
    if (!fd_) {
      TM_TRY(fd_, io::open_for_reading(bodies_.path_of(piece.file)));
    }
    const auto from = at_ - piece.start;
    const auto block = from / block_bytes;
    const auto in_block = from % block_bytes;
    const auto length = block_length(piece, block);
    const auto count = std::min(length - in_block, end_ - at_);
    io::read_ahead(fd_.get(), (block + 1) * block_bytes, block_bytes);
    std::string_view bytes;
    if (bodies_.verified_.holds(piece.file, block, block)) {
      buffer_.resize(count);
      TM_CHECK(io::read_at(fd_.get(), from, buffer_));
      bytes = buffer_;
    } else {
      TM_CHECK(read_block(piece, fd_.get(), block, buffer_));
      bodies_.verified_.add(piece.file, block, block);
      bytes = std::string_view(buffer_).substr(in_block, count);
    }
    at_ += count;
    return bytes;
  }

  Bodies& bodies_;
  const Pieces pieces_;
  std::uint64_t at_, end_, length_;
  std::size_t current_ = 0;
  io::Fd fd_;
  std::string buffer_;
};

void Bodies::pin(const Pieces& pieces) {
  const std::lock_guard lock(lock_);
  for (const auto& piece : pieces) {
    if (!piece.file.empty()) ++pinned_[piece.file];
  }
}

void Bodies::unpin(const Pieces& pieces) {
  const std::lock_guard lock(lock_);
  for (const auto& piece : pieces) {
    if (piece.file.empty()) continue;
    if (const auto found = pinned_.find(piece.file); --found->second == 0) pinned_.erase(found);
  }
}

Status Bodies::verify(const Piece& piece, int fd, std::uint64_t offset, std::uint64_t length) {
  std::string buffer;
  const auto last = (offset + length - 1) / block_bytes;
  for (auto block = offset / block_bytes; block <= last; ++block) {
    TM_CHECK(read_block(piece, fd, block, buffer));
    verified_.add(piece.file, block, block);
  }
  return {};
}

Result<FileSlice> Bodies::open_slice(const Piece& piece, std::uint64_t offset,
                                     std::uint64_t length) {
  TM_TRY(auto fd, io::open_for_reading(path_of(piece.file)));
  return FileSlice{std::make_shared<io::Fd>(std::move(fd)), offset, length};
}

/// Bytes `offset` and on of one piece.
Task<Result<Payload>> Bodies::open_one(Piece piece, std::uint64_t offset, std::uint64_t length) {
  Payload payload;
  if (piece.file.empty()) {
    payload.text = offset == 0 && length == piece.size ? std::move(piece.bytes)
                                                       : piece.bytes.substr(offset, length);
    co_return payload;
  }
  TM_CO_TRY(payload.file, open_slice(piece, offset, length));
  const auto first = offset / block_bytes;
  const auto last = (offset + length - 1) / block_bytes;
  if (verified_.holds(piece.file, first, last)) co_return payload;
  auto compare = [this, &piece, fd = payload.file->fd->get(), offset, length] {
    return verify(piece, fd, offset, length);
  };
  TM_CO_CHECK(co_await pool_.run(compare));
  co_return payload;
}

Task<Result<Payload>> Bodies::open_payload(Pieces pieces, std::uint64_t offset,
                                           std::uint64_t length) {
  Payload payload;
  if (length == 0) co_return payload;
  if (pieces.size() == 1) {
    auto& piece = pieces.front();
    const auto from = offset - piece.start;
    const bool known =
        piece.file.empty() || length <= check_first_max ||
        verified_.holds(piece.file, from / block_bytes, (from + length - 1) / block_bytes);
    if (known) {
      // Named: an aggregate or a temporary within the co_await expression lives too short.
      Piece one = std::move(piece);
      co_return co_await open_one(std::move(one), from, length);
    }
    // Opened here, so that a file that has gone is noticed while it can be looked up again.
    TM_CO_TRY([[maybe_unused]] const auto slice, open_slice(piece, from, length));
  }
  TM_CO_TRY(payload.stream, open_stream(std::move(pieces), offset, length));
  co_return payload;
}

Result<std::unique_ptr<Source>> Bodies::open_stream(Pieces pieces, std::uint64_t offset,
                                                    std::uint64_t length) {
  return std::make_unique<Stream>(*this, std::move(pieces), offset, length);
}

}  // namespace tidemill::s3
