/// Writes responses: the head and a small body with one system call, files by sendfile(2), streams
/// piece by piece. Belongs to one connection.
#pragma once

#include <string>

#include "http/message.h"
#include "http/stream.h"

namespace tidemill::http {

/// "Not Found" for 404.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

/// What the request and the connection demand of a response's form.
struct ResponseForm {
  bool head_only = false;  ///< The request's method is HEAD.
  bool http11 = true;
  bool keep_alive = true;
};

/// An error's answer where no service has had a say yet: XML as S3 writes it.
[[nodiscard]] Response error_response(const Error& error);

class ResponseWriter {
 public:
  ResponseWriter(Stream& stream, const Clock& clock, std::chrono::milliseconds grace,
                 std::uint64_t bytes_per_second_min)
      : stream_(stream), clock_(clock), pace_(grace, bytes_per_second_min), fresh_pace_(pace_) {}

  /// Writes the whole response. False: it could not be written as promised, so the connection must
  /// be closed.
  Task<bool> write(Response& response, ResponseForm form);
  /// What came of it.
  [[nodiscard]] const Sent& sent() const noexcept { return sent_; }

 private:
  struct Length {
    std::optional<std::uint64_t> bytes;  ///< nullopt: chunked, or until the connection closes.
    bool has_body = true;
  };
  [[nodiscard]] static Length length_of(const Response& response, ResponseForm form);
  void make_head(const Response& response, ResponseForm form, Length length);
  Task<bool> write_parts(Response& response, ResponseForm form, Length length,
                         std::string_view first);
  Task<bool> write_text(Response& response, bool has_body);
  Task<bool> write_file(const FileRange& range);
  Task<bool> write_stream(Body& body, std::string_view first, Length length, bool chunked);

  Stream& stream_;
  const Clock& clock_;
  Pace pace_;
  const Pace fresh_pace_;
  Sent sent_;
  std::string head_;  // Kept for its memory.
};

}  // namespace tidemill::http
