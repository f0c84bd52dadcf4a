#include "s3/bodies.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/failpoint.h"
#include "base/log.h"

namespace tidemill::s3 {
namespace {

/// One of those that count themselves.
class Turn {
 public:
  explicit Turn(std::atomic<int>& all) : all_(all), number_(++all) {}
  ~Turn() { --all_; }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  std::atomic<int>& all_;
  const int number_;
};

std::unexpected<Error> too_large(std::uint64_t proposed, std::uint64_t max) {
  return std::unexpected(Error{.code = Errc::invalid_argument,
                               .message = "Your proposed upload exceeds the maximum allowed size",
                               .name = "EntityTooLarge",
                               .details = {{"ProposedSize", std::to_string(proposed)},
                                           {"MaxSizeAllowed", std::to_string(max)}}});
}

}  // namespace

Received::Received(Received&& other) noexcept
    : bodies_(std::exchange(other.bodies_, nullptr)),
      kind_(other.kind_),
      sums_(std::move(other.sums_)),
      bytes_(std::move(other.bytes_)),
      file_(std::exchange(other.file_, {})),
      rowed_(other.rowed_) {}

Received::~Received() {
  if (bodies_ == nullptr || file_.empty()) return;
  // With a row, only the store knows whether it was committed: a file too many is removed at the
  // next start, a file too few would be a loss.
  if (!rowed_) (void)io::remove_file(bodies_->path_of(file_));
  bodies_->forget(file_);
}

Task<Result<Received>> Bodies::receive(Source& source, std::shared_ptr<Hasher> hasher,
                                       std::uint64_t bytes_max) {
  const auto announced = source.size();
  if (announced && *announced > bytes_max) co_return too_large(*announced, bytes_max);
  Received received;
  received.bodies_ = this;
  const bool small = announced && *announced <= inline_max;
  if (!announced || small) {
    TM_CO_CHECK(co_await receive_small(source, received, *hasher, bytes_max));
  }
  if (!announced ? received.bytes_.size() > inline_max : !small) {
    TM_CO_CHECK(co_await receive_large(source, received, hasher, bytes_max));
  }
  received.sums_ = hasher->finish();
  received.kind_ = hasher->kind();
  co_return received;
}

/// Reads to the end, or (where the size isn't known) until it is too much to be inline. Hashes what
/// stays inline only.
Task<Status> Bodies::receive_small(Source& source, Received& received, Hasher& hasher,
                                   std::uint64_t bytes_max) {
  while (true) {
    TM_CO_TRY(const std::string_view piece, co_await source.read());
    if (piece.empty()) break;
    received.bytes_.append(piece);
    if (received.bytes_.size() > bytes_max) {
      co_return too_large(received.bytes_.size(), bytes_max);
    }
    if (received.bytes_.size() > inline_max) co_return Status();
  }
  hasher.update(received.bytes_);
  co_return Status();
}

/// Writes what has been read and all that follows to a file.
Task<Status> Bodies::receive_large(Source& source, Received& received,
                                   std::shared_ptr<Hasher> hasher, std::uint64_t bytes_max) {
  constexpr int at_a_time_max = 256;  // Each has buffers of its own.
  const Turn turn(large_);
  if (turn.number() > at_a_time_max) {
    co_return fail(Errc::throttled, "Too many large uploads are on their way; try again.");
  }
  const auto file = new_file();
  // Until the row is there, this keeps the file from being taken for an orphan.
  received.file_ = file;
  auto hash = [hasher](std::string_view bytes) { hasher->update(bytes); };
  io::FileSink::Options options{
      .name = file.substr(file.rfind('/') + 1), .size = source.size(), .tap = hash};
  io::FileSink sink(pool_, leaf_of(file), std::move(options));
  const std::string begun = std::exchange(received.bytes_, {});
  TM_CO_CHECK(co_await sink.write(begun));
  std::uint64_t size = begun.size();
  while (true) {
    TM_CO_TRY(const std::string_view piece, co_await source.read());
    if (piece.empty()) break;
    size += piece.size();
    if (size > bytes_max) co_return too_large(size, bytes_max);
    TM_CO_CHECK(co_await sink.write(piece));
  }
  const Status finished = co_await sink.finish();
  if (!finished && finished.error().code == Errc::corrupt && on_fatal_) {
    on_fatal_(finished.error());
  }
  TM_CO_CHECK(finished);
  TM_CO_CHECK(co_await tree_on_disk());
  verified_.add(file, 0, (size - 1) / Hasher::block_bytes);
  co_return Status();
}

Task<Result<std::string>> Bodies::digest_again(const Received& received, DigestKind kind) {
  if (received.file_.empty()) co_return digest(kind, received.bytes_);
  auto work = [this, &received, kind]() -> Result<std::string> {
    TM_TRY(const auto fd, io::open_for_reading(path_of(received.file_)));
    Digest whole(kind);
    std::string buffer;
    for (std::uint64_t at = 0; at < received.size(); at += buffer.size()) {
      buffer.resize(std::min<std::uint64_t>(Hasher::block_bytes, received.size() - at));
      TM_CHECK(io::read_at(fd.get(), at, buffer));
      whole.update(buffer);
    }
    return whole.finish();
  };
  co_return co_await pool_.run(work);
}

Result<std::int64_t> Bodies::insert(store::Tx& tx, Received& received) {
  TM_FAILPOINT_CHECK("object.row");
  received.rowed_ = true;
  std::optional<std::string_view> file;
  std::optional<store::Blob> bytes;
  if (received.file_.empty()) {
    bytes = store::Blob{received.bytes_};
  } else {
    file = received.file_;
  }
  const auto& sums = received.sums_;
  TM_CHECK(
      tx.exec("INSERT INTO bodies (refs, size, parts, file, crcs, bytes)"
              " VALUES (1, $1, 0, $2, $3, $4)",
              sums.size, file, store::Blob{sums.crcs}, bytes));
  TM_TRY(const auto id, tx.one("SELECT max(id) FROM bodies",
                               [](const store::Row& row) { return row.integer(0); }));
  return *id;
}

Result<std::int64_t> Bodies::assemble(store::Tx& tx, const std::vector<Part>& parts) {
  std::int64_t size = 0;
  for (const auto& part : parts) size += part.size;
  TM_TRY(const auto id, tx.one(
                            "INSERT INTO bodies (refs, size, parts, crcs)"
                            " VALUES (1, $1, $2, $3) RETURNING id",
                            [](const store::Row& row) { return row.integer(0); }, size,
                            parts.size(), store::Blob{}));
  std::int64_t start = 0;
  for (const auto& part : parts) {
    TM_CHECK(
        tx.exec("INSERT INTO body_parts (body, start, number, part, size, checksum)"
                " VALUES ($1, $2, $3, $4, $5, $6)",
                *id, start, part.number, part.body, part.size, part.checksum));
    start += part.size;
  }
  return *id;
}

Status Bodies::add_reference(store::Tx& tx, std::int64_t body) {
  TM_CHECK(tx.exec("UPDATE bodies SET refs = refs + 1 WHERE id = $1", body));
  return {};
}

Status Bodies::release(store::Tx& tx, std::int64_t body) {
  struct Left {
    std::int64_t refs, parts;
    std::string file;
  };
  TM_TRY(
      const auto left,
      tx.one(
          "UPDATE bodies SET refs = refs - 1 WHERE id = $1 RETURNING refs, parts, file",
          [](const store::Row& row) { return Left{row.integer(0), row.integer(1), row.text(2)}; },
          body));
  if (!left) return fail(Errc::corrupt, fmt::format("body {} is gone", body));
  if (left->refs > 0) return {};
  if (left->parts > 0) {
    TM_TRY(const auto parts, tx.all(
                                 "SELECT part FROM body_parts WHERE body = $1",
                                 [](const store::Row& row) { return row.integer(0); }, body));
    for (const auto part : parts) TM_CHECK(release(tx, part));
    TM_CHECK(tx.exec("DELETE FROM body_parts WHERE body = $1", body));
  }
  TM_CHECK(tx.exec("DELETE FROM bodies WHERE id = $1", body));
  if (left->file.empty()) return {};
  TM_CHECK(tx.exec("INSERT INTO garbage (file) VALUES ($1)", left->file));
  tx.on_commit([this] { wake_sweeper(); });
  return {};
}

Result<Pieces> Bodies::load(store::Tx& tx, std::int64_t body, std::uint64_t offset,
                            std::uint64_t length) {
  const auto read = [](const store::Row& row) {
    return Piece{.id = row.integer(0),
                 .start = std::uint64_t(row.integer(1)),
                 .size = std::uint64_t(row.integer(2)),
                 .file = row.text(3),
                 .bytes = row.text(5),
                 .crcs = row.text(4)};
  };
  std::int64_t parts = 0;
  const auto read_one = [&](const store::Row& row) {
    parts = row.integer(6);
    return read(row);
  };
  TM_TRY(auto whole,
         tx.one("SELECT id, 0, size, file, crcs, bytes, parts FROM bodies WHERE id = $1", read_one,
                body));
  if (!whole) return fail(Errc::corrupt, fmt::format("body {} is gone", body));
  Pieces pieces;
  if (parts == 0) {
    pieces.push_back(*std::move(whole));
  } else {
    TM_TRY(pieces, tx.all("SELECT b.id, p.start, p.size, b.file, b.crcs, b.bytes"
                          " FROM body_parts p JOIN bodies b ON b.id = p.part"
                          " WHERE p.body = $1 AND p.start < $2 AND p.start + p.size > $3"
                          " ORDER BY p.number",
                          read, body, offset + length, offset));
  }
  for (const auto& piece : pieces) {
    if (!piece.file.empty() || digest(DigestKind::crc32c, piece.bytes) == piece.crcs ||
        (piece.size == 0 && piece.crcs.empty())) {
      continue;
    }
    TM_LOG(error, "s3", "stored bytes don't match their checksum", {{"body", piece.id}});
    return fail(Errc::corrupt, "InternalError",
                "We encountered an internal error. Please try again.");
  }
  return pieces;
}

Status Bodies::reset(store::Tx& tx) {
  TM_CHECK(tx.exec("INSERT INTO garbage (file) SELECT file FROM bodies WHERE file IS NOT NULL"));
  TM_CHECK(tx.exec("DELETE FROM body_parts"));
  TM_CHECK(tx.exec("DELETE FROM bodies"));
  tx.on_commit([this] { wake_sweeper(); });
  return {};
}

}  // namespace tidemill::s3
