// The files of bodies: their tree, what is to be removed from it, and whether all is as it should.
#include <sys/stat.h>

#include <fmt/format.h>

#include "base/failpoint.h"
#include "base/log.h"
#include "s3/bodies.h"

namespace tidemill::s3 {
namespace {

constexpr std::size_t fan_out = 8;      // Per level; of two.
constexpr std::uint64_t leaf_run = 64;  // Names in a row in one directory: they share a flush.
constexpr std::size_t sweep_batch = 512;
/// A reader that knows a file's name opens it within this time, or looks the object up again.
constexpr auto sweep_delay = std::chrono::seconds(1);
constexpr auto pinned_delay = std::chrono::seconds(5);

std::string leaf_name(std::size_t leaf) {
  return fmt::format("{}/{}", leaf / fan_out, leaf % fan_out);
}

}  // namespace

Bodies::Bodies(const Parts& parts, std::string directory)
    : store_(parts.store),
      pool_(parts.pool),
      random_(parts.random),
      on_fatal_(parts.on_fatal),
      disk_(parts.disk),
      directory_(std::move(directory)) {}

Result<std::unique_ptr<Bodies>> Bodies::open(const Parts& parts, const std::string& directory) {
  std::unique_ptr<Bodies> bodies(new Bodies(parts, directory));
  TM_CHECK(bodies->make_tree());
  std::promise<Status> synced;
  bodies->synced_ = synced.get_future().share();
  bodies->sweeper_ = std::thread([raw = bodies.get(), synced = std::move(synced)]() mutable {
    synced.set_value(raw->sync_tree());
    raw->sweep_loop();
  });
  return bodies;
}

Bodies::~Bodies() {
  {
    const std::lock_guard lock(lock_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (sweeper_.joinable()) sweeper_.join();
}

Status Bodies::make_tree() {
  TM_TRY(auto root, io::Directory::open(directory_, disk_));
  for (std::size_t first = 0; first < fan_out; ++first) {
    TM_TRY(auto middle, io::Directory::open(fmt::format("{}/{}", directory_, first), disk_));
    for (std::size_t second = 0; second < fan_out; ++second) {
      TM_TRY(auto leaf,
             io::Directory::open(fmt::format("{}/{}/{}", directory_, first, second), disk_));
      leaves_.push_back(std::move(leaf));
    }
    inner_.push_back(std::move(middle));
  }
  std::uint8_t start = 0;
  random_.fill({&start, 1});
  names_ = start * leaf_run;
  inner_.push_back(std::move(root));
  return {};
}

/// Nine flushes that a start doesn't wait for.
Status Bodies::sync_tree() const {
  for (const auto& directory : inner_) {
    const auto done = directory->sync();
    if (!done && on_fatal_) on_fatal_(done.error());
    TM_CHECK(done);
  }
  return {};
}

Task<Status> Bodies::tree_on_disk() {
  if (synced_.wait_for(std::chrono::seconds(0)) == std::future_status::ready)
    co_return synced_.get();
  auto wait = [this] { return synced_.get(); };
  co_return co_await pool_.run(wait);
}

/// A name that no file has or ever had.
std::string Bodies::new_file() {
  const auto leaf = names_.fetch_add(1) / leaf_run % leaves_.size();
  auto file = fmt::format("{}/{}", leaf_name(leaf), random_hex(random_, 16));
  const std::lock_guard lock(lock_);
  in_flight_.insert(file);
  return file;
}

io::Directory& Bodies::leaf_of(std::string_view file) const {
  return *leaves_[std::size_t(file[0] - '0') * fan_out + std::size_t(file[2] - '0')];
}

std::string Bodies::path_of(const std::string& file) const { return directory_ + "/" + file; }

void Bodies::forget(const std::string& file) {
  const std::lock_guard lock(lock_);
  in_flight_.erase(file);
}

void Bodies::wake_sweeper() {
  {
    const std::lock_guard lock(lock_);
    dirty_ = true;
    clean_now_ = false;
  }
  wake_.notify_all();
}

void Bodies::wait_until_clean() {
  std::unique_lock lock(lock_);
  clean_.wait(lock, [this] { return clean_now_; });
}

void Bodies::sweep_loop() {
  pthread_setname_np(pthread_self(), "s3-sweeper");
  drop_orphans();
  std::unique_lock lock(lock_);
  while (!stopping_) {
    dirty_ = false;
    lock.unlock();
    const auto swept = sweep();
    if (!swept) {
      TM_LOG(warn, "s3", "files can't be removed", {{"reason", swept.error().message}});
    }
    lock.lock();
    const bool rest = !swept || *swept;
    if (!dirty_ && !rest) {
      clean_now_ = true;
      clean_.notify_all();
      wake_.wait(lock, [this] { return stopping_ || dirty_; });
    }
    // Also lets many deletions become one batch.
    wake_.wait_for(lock, rest ? pinned_delay : sweep_delay, [this] { return stopping_; });
  }
}

/// Removes the files that `garbage` names. True if some are left because they are being read.
Result<bool> Bodies::sweep() {
  struct Entry {
    std::int64_t id;
    std::string file;
  };
  std::int64_t after = 0;
  bool rest = false;
  while (true) {
    const auto names = [after](store::Tx& tx) {
      return tx.all(
          "SELECT id, file FROM garbage WHERE id > $1 ORDER BY id LIMIT $2",
          [](const store::Row& row) { return Entry{row.integer(0), row.text(1)}; }, after,
          sweep_batch);
    };
    TM_TRY(auto entries, store_.write_now(names));
    if (entries.empty()) return rest;
    after = entries.back().id;
    {
      const std::lock_guard lock(lock_);
      if (stopping_) return false;
      const auto kept =
          std::erase_if(entries, [this](const Entry& e) { return pinned_.contains(e.file); });
      rest = rest || kept > 0;
    }
    TM_FAILPOINT_CHECK("object.remove");
    for (const auto& entry : entries) {
      TM_CHECK(io::remove_file(path_of(entry.file)));
      verified_.remove(entry.file);
    }
    TM_FAILPOINT_CHECK("object.removed");
    const auto done = [&entries](store::Tx& tx) -> Status {
      for (const auto& entry : entries) {
        TM_CHECK(tx.exec("DELETE FROM garbage WHERE id = $1", entry.id));
      }
      return {};
    };
    TM_CHECK(store_.write_now(done));
  }
}

/// The files of one directory that nobody is writing.
std::vector<std::string> Bodies::files_at_rest(std::size_t leaf) {
  std::vector<std::string> files;
  const auto names = io::list_directory(path_of(leaf_name(leaf)));
  if (!names) return files;
  const std::lock_guard lock(lock_);
  for (const auto& name : *names) {
    auto file = leaf_name(leaf) + "/" + name;
    if (!in_flight_.contains(file) && !pinned_.contains(file)) files.push_back(std::move(file));
  }
  return files;
}

Result<std::vector<std::string>> Bodies::without_row(store::Tx& tx,
                                                     const std::vector<std::string>& files) {
  std::vector<std::string> orphans;
  for (const auto& file : files) {
    TM_TRY(const auto found, tx.one(
                                 "SELECT 1 FROM bodies WHERE file = $1",
                                 [](const store::Row&) { return true; }, file));
    if (!found) orphans.push_back(file);
  }
  return orphans;
}

/// After a crash there may be files whose row was never committed. A file that is in flight gets
/// its row before it ceases to be: so one that is neither in flight nor, looked up after that, in
/// the table is nobody's.
void Bodies::drop_orphans() {
  for (std::size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    const auto files = files_at_rest(leaf);
    if (files.empty()) continue;
    const auto look_up = [&files](store::Tx& tx) { return without_row(tx, files); };
    const auto orphans = store_.write_now(look_up);
    if (!orphans) return;
    for (const auto& file : *orphans) {
      TM_LOG(info, "s3", "unfinished upload removed", {{"file", file}});
      (void)io::remove_file(path_of(file));
    }
    const std::lock_guard lock(lock_);
    if (stopping_) return;
  }
}

Task<Result<std::vector<std::string>>> Bodies::check() {
  std::vector<std::string> findings;
  TM_CO_CHECK(co_await check_rows(findings));
  TM_CO_CHECK(co_await check_bodies(findings));
  TM_CO_CHECK(co_await check_tree(findings));
  co_return findings;
}

Task<Status> Bodies::check_rows(std::vector<std::string>& findings) {
  auto look = [&findings](store::Tx& tx) -> Status {
    const auto each = [&](std::string_view sql, std::string_view text) {
      return tx.each(sql, [&](const store::Row& row) {
        findings.push_back(fmt::format("{} {}: {}", row.bytes(0), row.bytes(1), text));
        return findings.size() < 1000;
      });
    };
    TM_CHECK(
        each("SELECT k.name, o.key FROM objects o JOIN buckets k ON k.id = o.bucket LEFT JOIN"
             " bodies b ON b.id = o.body WHERE b.id IS NULL OR b.size <> o.size",
             "the object's body is missing or has another size"));
    TM_CHECK(
        each("SELECT v.key, v.version FROM versions v LEFT JOIN bodies b ON b.id = v.body"
             " WHERE v.marker = 0 AND (b.id IS NULL OR b.size <> v.size)",
             "the version's body is missing or has another size"));
    TM_CHECK(
        each("SELECT o.key, v.version FROM objects o JOIN versions v ON v.bucket = o.bucket"
             " AND v.key = o.key WHERE v.rank <= -o.sequencer",
             "the version is newer than the key's object"));
    TM_CHECK(
        each("SELECT 'bucket', o.bucket FROM objects o LEFT JOIN buckets k ON k.id = o.bucket"
             " WHERE k.id IS NULL",
             "has objects and isn't there"));
    TM_CHECK(
        each("SELECT 'upload', u.upload_id FROM uploads u JOIN upload_parts p ON"
             " p.upload = u.id LEFT JOIN bodies b ON b.id = p.body WHERE b.id IS NULL",
             "a part's body is missing"));
    return each(
        "SELECT 'body', b.id FROM bodies b LEFT JOIN (SELECT body, count(*) AS n FROM"
        " (SELECT body FROM objects UNION ALL SELECT body FROM versions WHERE marker = 0"
        " UNION ALL SELECT body FROM upload_parts"
        " UNION ALL SELECT part FROM body_parts) AS used GROUP BY body) AS u"
        " ON u.body = b.id WHERE b.refs <> coalesce(u.n, 0)",
        "its references are miscounted");
  };
  co_return co_await store_.read(look);
}

std::vector<std::string> Bodies::check_pieces(const Pieces& pieces) {
  std::vector<std::string> findings;
  for (const auto& piece : pieces) {
    const auto fd = io::open_for_reading(path_of(piece.file));
    if (!fd) {
      findings.push_back(fmt::format("body {}: {}", piece.id, fd.error().message));
      continue;
    }
    const auto size = io::file_size(fd->get());
    if (!size || *size != piece.size) {
      findings.push_back(
          fmt::format("body {}: the file {} has another size", piece.id, piece.file));
    } else if (!verify(piece, fd->get(), 0, piece.size)) {
      findings.push_back(
          fmt::format("body {}: the bytes of {} don't match their checksum", piece.id, piece.file));
    }
  }
  return findings;
}

Task<Status> Bodies::check_bodies(std::vector<std::string>& findings) {
  std::int64_t after = 0;
  while (true) {
    auto next = [this, &after, &findings](store::Tx& tx) -> Result<Pieces> {
      TM_TRY(const auto ids, tx.all(
                                 "SELECT id, file IS NOT NULL, parts FROM bodies WHERE id > $1"
                                 " ORDER BY id LIMIT 100",
                                 [](const store::Row& row) {
                                   return std::array{row.integer(0), row.integer(1),
                                                     row.integer(2)};
                                 },
                                 after));
      Pieces files;
      for (const auto& [id, in_file, parts] : ids) {
        after = id;
        if (parts > 0) continue;
        auto pieces = load(tx, id, 0, 1);
        if (!pieces) {
          findings.push_back(fmt::format("body {}: the bytes don't match their checksum", id));
        } else if (in_file != 0) {
          files.push_back(std::move(pieces->front()));
        }
      }
      if (ids.empty()) after = INT64_MAX;
      return files;
    };
    TM_CO_TRY(const Pieces files, co_await store_.read(next));
    if (after == INT64_MAX) co_return Status();
    auto compare = [this, &files]() -> Result<std::vector<std::string>> {
      return check_pieces(files);
    };
    TM_CO_TRY(const auto found, co_await pool_.run(compare));
    findings.insert(findings.end(), found.begin(), found.end());
  }
}

Task<Status> Bodies::check_tree(std::vector<std::string>& findings) {
  for (std::size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
    auto list = [this, leaf]() -> Result<std::vector<std::string>> { return files_at_rest(leaf); };
    TM_CO_TRY(const auto files, co_await pool_.run(list));
    auto look_up = [&files](store::Tx& tx) -> Result<std::vector<std::string>> {
      TM_TRY(auto orphans, without_row(tx, files));
      TM_TRY(const auto doomed,
             tx.all("SELECT file FROM garbage", [](const store::Row& row) { return row.text(0); }));
      std::erase_if(orphans, [&](const auto& file) {
        return std::ranges::find(doomed, file) != doomed.end();
      });
      return orphans;
    };
    TM_CO_TRY(const auto orphans, co_await store_.read(look_up));
    for (const auto& file : orphans) findings.push_back(file + ": a file that nothing names");
  }
  co_return Status();
}

}  // namespace tidemill::s3
