#include "http/output.h"

#include "base/encoding.h"
#include "base/log.h"

namespace tidemill::http {
namespace {

/// "Date: …\r\n", made once a second in each thread.
std::string_view date_field(TimeMs now) {
  thread_local std::int64_t second = -1;
  thread_local std::string text;
  if (now.ms / 1000 != second) {
    second = now.ms / 1000;
    text = fmt::format("Date: {}\r\n", http_date(now));
  }
  return text;
}

void append_number(std::string& out, std::uint64_t number, int base = 10) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), number, base).ptr;
  out.append(digits.begin(), end);
}

/// Fields that the server alone decides on.
bool is_framing(std::string_view name) {
  switch (name.size()) {
    case 10: return iequals(name, "connection");
    case 14: return iequals(name, "content-length");
    case 17: return iequals(name, "transfer-encoding");
    default: return false;
  }
}

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte >= 0x20 && byte != 0x7f) || byte == '\t';
}

/// Without control characters: what a client has stored must not add fields to an answer.
void append_value(std::string& out, std::string_view value) {
  for (const char c : value) out += is_plain(c) ? c : ' ';
}

/// What a HEAD answer says of the body that it doesn't have.
std::optional<std::uint64_t> announced(const Response& response,
                                       std::optional<std::uint64_t> actual) {
  if (response.announced_length) return response.announced_length;
  std::uint64_t bytes = 0;
  const std::string_view text = response.headers.get("Content-Length");
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(bytes) : actual;
}

iovec slice(std::string_view text) noexcept {
  return {const_cast<char*>(text.data()), text.size()};
}

}  // namespace

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 206: return "Partial Content";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 416: return "Range Not Satisfiable";
    case 417: return "Expectation Failed";
    case 429: return "Too Many Requests";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 507: return "Insufficient Storage";
    default: return "Unknown";
  }
}

Response error_response(const Error& error) {
  Response response;
  response.status = http_status(error);
  response.headers.add("Content-Type", "application/xml");
  response.text = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}</Message>"
      "</Error>",
      xml_escape(aws_name(error)), xml_escape(error.message));
  if (!error.hint.empty()) response.headers.add("x-tidemill-hint", error.hint);
  return response;
}

ResponseWriter::Length ResponseWriter::length_of(const Response& response, ResponseForm form) {
  Length length;
  length.has_body = !form.head_only && response.status != 204 && response.status != 304;
  if (response.file) {
    length.bytes = response.file->length;
  } else if (response.stream) {
    length.bytes = response.stream->size();
  } else {
    length.bytes = response.text.size();
  }
  if (form.head_only) length.bytes = announced(response, length.bytes);
  return length;
}

void ResponseWriter::make_head(const Response& response, ResponseForm form, Length length) {
  head_.assign("HTTP/1.1 ");
  append_number(head_, static_cast<std::uint64_t>(response.status));
  head_.append(" ").append(reason_phrase(response.status)).append("\r\n");
  head_.append(date_field(clock_.now()));
  for (const auto& [name, value] : response.headers.fields()) {
    if (is_framing(name)) continue;
    head_.append(name).append(": ");
    append_value(head_, value);
    head_.append("\r\n");
  }
  if (response.status != 204 && response.status != 304) {
    if (length.bytes) {
      head_.append("Content-Length: ");
      append_number(head_, *length.bytes);
      head_.append("\r\n");
    } else if (form.http11) {
      head_.append("Transfer-Encoding: chunked\r\n");
    }
  }
  if (!form.keep_alive) {
    head_.append("Connection: close\r\n");
  } else if (!form.http11) {
    head_.append("Connection: keep-alive\r\n");
  }
  head_.append("\r\n");
}

Task<bool> ResponseWriter::write(Response& response, ResponseForm form) {
  pace_ = fresh_pace_;
  Length length = length_of(response, form);
  std::string_view first;
  if (length.has_body && response.stream) {
    // Before the head, so that a body which can't be made is still an honest error.
    const auto piece = co_await response.stream->read();
    if (!piece) {
      response = error_response(piece.error());
      form.keep_alive = false;
      length = length_of(response, form);
    } else {
      first = *piece;
    }
  }
  if (!length.bytes && !form.http11) form.keep_alive = false;
  make_head(response, form, length);
  const bool written = co_await write_parts(response, form, length, first);
  sent_ = {response.status, written && length.has_body ? length.bytes.value_or(0) : 0};
  co_return written&& form.keep_alive;
}

Task<bool> ResponseWriter::write_parts(Response& response, ResponseForm form, Length length,
                                       std::string_view first) {
  if (!length.has_body || (!response.file && !response.stream)) {
    co_return co_await write_text(response, length.has_body);
  }
  if (response.file) co_return co_await write_file(*response.file);
  const bool chunked = !length.bytes && form.http11;
  co_return co_await write_stream(*response.stream, first, length, chunked);
}

Task<bool> ResponseWriter::write_text(Response& response, bool has_body) {
  std::array<iovec, 2> slices{slice(head_), slice(has_body ? response.text : std::string_view())};
  co_return co_await stream_.write(slices, pace_) == Io::ok;
}

Task<bool> ResponseWriter::write_file(const FileRange& range) {
  std::array<iovec, 1> slices{slice(head_)};
  std::optional<Io> io = stream_.try_write(slices, range.length > 0);
  if (!io) io = co_await stream_.write(slices, pace_);
  if (*io != Io::ok) co_return false;
  co_return co_await stream_.send_file(range, pace_) == Io::ok;
}

Task<bool> ResponseWriter::write_stream(Body& body, std::string_view first, Length length,
                                        bool chunked) {
  std::uint64_t left = length.bytes.value_or(UINT64_MAX);
  std::string_view piece = first;
  std::string frame;
  while (true) {
    if (piece.size() > left) co_return false;
    left -= piece.size();
    frame.clear();
    if (chunked && !piece.empty()) {
      append_number(frame, piece.size(), 16);
      frame.append("\r\n");
    }
    const std::string_view end = !chunked ? "" : piece.empty() ? "0\r\n\r\n" : "\r\n";
    std::array<iovec, 4> slices{slice(head_), slice(frame), slice(piece), slice(end)};
    if (co_await stream_.write(slices, pace_) != Io::ok) co_return false;
    head_.clear();
    if (piece.empty()) co_return !length.bytes || left == 0;
    if (length.bytes && left == 0) co_return true;
    const auto next = co_await body.read();
    if (!next) {
      // Too late for an error's answer: a cut connection tells the client.
      TM_LOG(warn, "http", "response cut short", {{"error", next.error().message}});
      co_return false;
    }
    piece = *next;
  }
}

}  // namespace tidemill::http
