/// One HTTP/1.1 exchange as the rest of the program sees it. A request and its body belong to the
/// connection's coroutine and live on its event loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "io/task.h"

namespace tidemill::http {

/// Header fields in the order of arrival; names compare without case.
class Headers {
 public:
  using Field = std::pair<std::string, std::string>;

  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  /// Replaces every field of that name.
  void set(std::string_view name, std::string value);
  void remove(std::string_view name);
  void clear() noexcept { fields_.clear(); }
  /// The first value of `name`.
  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;
  /// The first value of `name`, or "".
  [[nodiscard]] std::string_view get(std::string_view name) const noexcept {
    return find(name).value_or(std::string_view());
  }
  [[nodiscard]] std::size_t count(std::string_view name) const noexcept;
  [[nodiscard]] const std::vector<Field>& fields() const noexcept { return fields_; }

 private:
  std::vector<Field> fields_;
};

/// Bytes that arrive or are made piece by piece.
class Body {
 public:
  virtual ~Body() = default;
  /// The next piece (valid until the next call), empty at the end. Fails when the peer cuts the
  /// body short, stalls, or (for an authenticated body) when a signature or checksum doesn't hold.
  virtual Task<Result<std::string_view>> read() = 0;
  /// Bytes in all, where known beforehand.
  [[nodiscard]] virtual std::optional<std::uint64_t> size() const noexcept = 0;
  /// Header fields that followed the body (of an aws-chunked one: x-amz-checksum-…), verified;
  /// there once read() has returned the end. Null where the body has no trailer.
  [[nodiscard]] virtual const Headers* trailers() const noexcept { return nullptr; }
};

/// A part of an open file as a response body; the server may hand it to sendfile(2).
struct FileRange {
  int fd = -1;  ///< Owned by `owner`.
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::shared_ptr<void> owner;  ///< Keeps the file open.
};

struct Request {
  std::string method;
  std::string target;  ///< As sent: path, then '?' and query where there is one.
  std::string path;    ///< Undecoded, without the query; "*" and absolute forms are refused before.
  std::string query;   ///< Undecoded, without '?'.
  Headers headers;
  std::string remote_ip;
  TimeMs received;
  Body* body = nullptr;  ///< Never null; as it came, not yet authenticated.
  /// Whether the client has hung up, for what keeps it waiting; on the connection's loop.
  std::function<bool()> is_gone;
};

/// What came of a response.
struct Sent {
  int status = 0;
  std::uint64_t body_bytes = 0;  ///< 0 where the peer was gone before the end.
};

/// A status, header fields and one of three kinds of body: text, stream or file range.
struct Response {
  int status = 200;
  Headers headers;
  std::string text;
  std::unique_ptr<Body> stream;   ///< Instead of text.
  std::optional<FileRange> file;  ///< Instead of text.
  /// For HEAD: the Content-Length to announce without a body.
  std::optional<std::uint64_t> announced_length;
  bool close = false;                               ///< Close the connection after this answer.
  std::move_only_function<void(const Sent&)> sent;  ///< Called when it is out, where it is set.
};

/// What a server asks for each request. Called on the connection's event loop.
class Service {
 public:
  virtual ~Service() = default;
  virtual Task<Response> serve(Request& request) = 0;
};

/// Reads a whole body of at most `bytes_max`; fails with too_large beyond it.
Task<Result<std::string>> read_all(Body& body, std::size_t bytes_max);

/// A body that is there already.
class TextBody final : public Body {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  Task<Result<std::string_view>> read() override;
  [[nodiscard]] std::optional<std::uint64_t> size() const noexcept override { return text_.size(); }

 private:
  std::string text_;
  bool given_ = false;
};

}  // namespace tidemill::http
