#include "bench/client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

#include <fmt/format.h>

#include "base/encoding.h"
#include "bench/server_process.h"

namespace tidemill::bench {
namespace {

constexpr timeval deadline{.tv_sec = 60, .tv_usec = 0};

}  // namespace

Result<io::Fd> connect_loopback(std::uint16_t port) {
  io::Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail(Errc::unavailable, fmt::format("nothing listens on port {}", port));
  }
  constexpr int on = 1;
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // As Tidemill's own side does: pacing is for networks.
  constexpr std::string_view plain = "reno";
  ::setsockopt(fd.get(), IPPROTO_TCP, TCP_CONGESTION, plain.data(), socklen_t(plain.size()));
  return fd;
}

Result<Client> Client::connect(std::uint16_t port) {
  TM_TRY(auto fd, connect_loopback(port));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
  return Client(std::move(fd));
}

Result<AnswerHead> read_head(std::string_view head) {
  constexpr std::string_view version = "HTTP/1.1 ", length = "\r\ncontent-length: ";
  AnswerHead answer;
  const char* end = head.data() + head.size();
  if (!head.starts_with(version) ||
      std::from_chars(head.data() + version.size(), end, answer.status).ec != std::errc()) {
    return fail(Errc::unavailable, "that is no HTTP answer");
  }
  if (answer.status == 204 || answer.status == 304) return answer;
  // As the server writes it first; other spellings are looked for with more care.
  auto at = head.find("\r\nContent-Length: ");
  if (at == head.npos) at = to_lower(head).find(length);
  if (at == head.npos) return fail(Errc::unavailable, "an answer without Content-Length");
  std::from_chars(head.data() + at + length.size(), end, answer.body_bytes);
  return answer;
}

Result<Reply> Client::send(std::string_view request) {
  while (!request.empty()) {
    const auto sent = ::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL);
    if (sent <= 0) return fail(Errc::unavailable, "the server closed the connection");
    request.remove_prefix(std::size_t(sent));
  }
  std::string text;
  std::size_t head_bytes = 0;
  AnswerHead head;
  while (head_bytes == 0 || text.size() < head_bytes + head.body_bytes) {
    std::array<char, 16384> piece;
    const auto got = ::recv(fd_.get(), piece.data(), piece.size(), 0);
    if (got <= 0) return fail(Errc::unavailable, "the server didn't answer");
    text.append(piece.data(), std::size_t(got));
    const auto end = text.find("\r\n\r\n");
    if (head_bytes > 0 || end == text.npos) continue;
    head_bytes = end + 4;
    TM_TRY(head, read_head(std::string_view(text).substr(0, head_bytes)));
  }
  return Reply{.status = head.status, .body = text.substr(head_bytes)};
}

std::string signed_head(wire::SigningRequest request, std::string_view service,
                        std::uint64_t body_bytes) {
  static const Secret secret{std::string(admin_secret)};
  const wire::SigningKey key{.access_key_id = std::string(admin_access_key_id),
                             .secret_access_key = secret,
                             .session_token = {},
                             .region = "us-east-1",
                             .service = std::string(service)};
  if (!request.headers.find("Host")) request.headers.add("Host", "localhost");
  wire::sign(request, key, SystemClock().now());
  std::string head = fmt::format("{} {}{}{} HTTP/1.1\r\n", request.method, request.path,
                                 request.query.empty() ? "" : "?", request.query);
  for (const auto& [name, value] : request.headers.fields()) {
    head.append(name).append(": ").append(value).append("\r\n");
  }
  return head.append(fmt::format("Content-Length: {}\r\n\r\n", body_bytes));
}

}  // namespace tidemill::bench
