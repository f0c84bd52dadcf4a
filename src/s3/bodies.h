/// The bytes of objects: small ones in the database, larger ones in files with random names, a
/// checksum of each MiB beside them. Owned by the server; any event loop, and the commit thread for
/// what takes a Tx. Layout and the argument for durability: docs/internals/objects.md.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/random.h"
#include "io/file.h"
#include "s3/bytes.h"
#include "s3/checksum.h"
#include "s3/verified.h"
#include "store/store.h"

namespace tidemill::s3 {

class Bodies;

/// Bytes that have been received and have no row yet; where they are in a file, they and its name
/// are on disk. Dropped unless they are handed over.
class Received {
 public:
  Received() = default;
  Received(Received&& other) noexcept;
  Received& operator=(Received&&) = delete;
  ~Received();

  [[nodiscard]] const Hasher::Sums& sums() const noexcept { return sums_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return sums_.size; }
  /// Of sums().checksum.
  [[nodiscard]] DigestKind kind() const noexcept { return kind_; }
  /// The transaction that was to give it a row has failed. Where it was surely undone the file goes
  /// at once: a full disk gets no fuller by what it refuses.
  void not_written(const Error& why) noexcept {
    if (why.code != Errc::unavailable && why.code != Errc::corrupt) rowed_ = false;
  }

 private:
  friend class Bodies;
  Bodies* bodies_ = nullptr;
  DigestKind kind_ = DigestKind::crc64nvme;
  Hasher::Sums sums_;
  std::string bytes_;  // Unless in a file.
  std::string file_;
  bool rowed_ = false;  // A transaction took it over; what became of that the store knows.
};

/// A stored body as a row tells it, in pieces: one, or those of a multipart object that a range
/// touches.
struct Piece {
  std::int64_t id = 0;
  std::uint64_t start = 0;  ///< Of its first byte in the whole.
  std::uint64_t size = 0;
  std::string file;  ///< Empty: `bytes` has them.
  std::string bytes;
  std::string crcs;
};
using Pieces = std::vector<Piece>;

class Bodies {
 public:
  /// Bodies up to this size are stored inline.
  static constexpr std::uint64_t inline_max = 16 * 1024;

  struct Parts {
    store::Store& store;
    io::Pool& pool;
    Random& random;
    /// Called when bytes could not be flushed: the process should end.
    std::function<void(const Error&)> on_fatal = {};
    io::Disk& disk = io::Disk::system();
  };
  /// Opens (or makes) the tree at `directory`, and begins to clear away what a crash left behind.
  static Result<std::unique_ptr<Bodies>> open(const Parts& parts, const std::string& directory);
  ~Bodies();
  Bodies(const Bodies&) = delete;
  Bodies& operator=(const Bodies&) = delete;

  /// Reads `source` to its end. Fails with too_large beyond `bytes_max`.
  Task<Result<Received>> receive(Source& source, std::shared_ptr<Hasher> hasher,
                                 std::uint64_t bytes_max);
  /// The raw digest of received bytes, read again.
  Task<Result<std::string>> digest_again(const Received& received, DigestKind kind);
  /// Gives received bytes a row with one reference. `received` outlives the transaction.
  Result<std::int64_t> insert(store::Tx& tx, Received& received);
  /// A body made of others, whose references it takes over.
  struct Part {
    std::int64_t number = 0, body = 0, size = 0;
    std::string checksum;
  };
  Result<std::int64_t> assemble(store::Tx& tx, const std::vector<Part>& parts);
  Status add_reference(store::Tx& tx, std::int64_t body);
  /// Removes a reference, and the body with the last one.
  Status release(store::Tx& tx, std::int64_t body);

  /// The pieces of a body that hold the given bytes.
  Result<Pieces> load(store::Tx& tx, std::int64_t body, std::uint64_t offset, std::uint64_t length);
  /// Makes those bytes ready to be sent. Fails with not_found if a file has gone meanwhile (load
  /// again), and with corrupt where a checksum doesn't hold.
  Task<Result<Payload>> open_payload(Pieces pieces, std::uint64_t offset, std::uint64_t length);
  /// The same as a stream that checks what it reads.
  Result<std::unique_ptr<Source>> open_stream(Pieces pieces, std::uint64_t offset,
                                              std::uint64_t length);

  /// Test mode: every body goes.
  Status reset(store::Tx& tx);
  /// What is wrong with the stored bytes, in words; empty if all is well.
  Task<Result<std::vector<std::string>>> check();
  /// Blocks until nothing is left to be removed (tests).
  void wait_until_clean();

 private:
  friend class Received;
  class Stream;
  Bodies(const Parts& parts, std::string directory);
  Status make_tree();
  Status sync_tree() const;
  Task<Status> tree_on_disk();
  std::string new_file();
  [[nodiscard]] io::Directory& leaf_of(std::string_view file) const;
  [[nodiscard]] std::string path_of(const std::string& file) const;
  void forget(const std::string& file);
  Task<Status> receive_small(Source& source, Received& received, Hasher& hasher,
                             std::uint64_t bytes_max);
  Task<Status> receive_large(Source& source, Received& received, std::shared_ptr<Hasher> hasher,
                             std::uint64_t bytes_max);
  Task<Result<Payload>> open_one(Piece piece, std::uint64_t offset, std::uint64_t length);
  Result<FileSlice> open_slice(const Piece& piece, std::uint64_t offset, std::uint64_t length);
  Status verify(const Piece& piece, int fd, std::uint64_t offset, std::uint64_t length);
  void pin(const Pieces& pieces);
  void unpin(const Pieces& pieces);

  void wake_sweeper();
  void sweep_loop();
  void drop_orphans();
  Result<bool> sweep();
  std::vector<std::string> check_pieces(const Pieces& pieces);
  Task<Status> check_bodies(std::vector<std::string>& findings);
  Task<Status> check_rows(std::vector<std::string>& findings);
  Task<Status> check_tree(std::vector<std::string>& findings);
  std::vector<std::string> files_at_rest(std::size_t leaf);
  static Result<std::vector<std::string>> without_row(store::Tx& tx,
                                                      const std::vector<std::string>& files);

  store::Store& store_;
  io::Pool& pool_;
  Random& random_;
  const std::function<void(const Error&)> on_fatal_;
  io::Disk& disk_;
  const std::string directory_;
  /// The directories above the leaves; on disk once `synced_` says so, and before any file counts.
  std::vector<std::unique_ptr<io::Directory>> inner_;
  std::shared_future<Status> synced_;
  std::vector<std::unique_ptr<io::Directory>> leaves_;
  std::atomic<std::uint64_t> names_ = 0;
  std::atomic<int> large_ = 0;  ///< Bodies that are being written to files.
  Verified verified_;

  std::mutex lock_;
  std::unordered_set<std::string> in_flight_;    ///< Files without a row yet; under lock_.
  std::unordered_map<std::string, int> pinned_;  ///< Files that streams read; under lock_.
  std::condition_variable wake_, clean_;
  bool dirty_ = true, clean_now_ = false, stopping_ = false;  ///< Under lock_.
  std::thread sweeper_;
};

}  // namespace tidemill::s3
