#include "cli/client.h"

#include <charconv>
#include <cstdlib>

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/time.h"
#include "server/identity.h"
#include "wire/sigv4.h"

namespace tidemill::cli {
namespace {

constexpr timeval answer_deadline{.tv_sec = 30, .tv_usec = 0};

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : std::string(value);
}

/// A socket that closes itself.
struct Socket {
  int fd = -1;
  Socket() = default;
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd >= 0) close(fd);
  }
};

Status connect_to(Socket& socket, const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    return fail(Errc::unavailable, fmt::format("{} is no address", host));
  }
  for (const auto* a = found; a != nullptr && socket.fd < 0; a = a->ai_next) {
    socket.fd = ::socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (socket.fd >= 0 && connect(socket.fd, a->ai_addr, a->ai_addrlen) != 0) {
      close(socket.fd);
      socket.fd = -1;
    }
  }
  freeaddrinfo(found);
  if (socket.fd < 0) {
    return fail(
        Errc::unavailable,
        fmt::format("no server answers at {}:{}; is `tidemill serve` running?", host, port));
  }
  setsockopt(socket.fd, SOL_SOCKET, SO_RCVTIMEO, &answer_deadline, sizeof answer_deadline);
  setsockopt(socket.fd, SOL_SOCKET, SO_SNDTIMEO, &answer_deadline, sizeof answer_deadline);
  return {};
}

/// Sends `request` and reads all until the server closes.
Result<std::string> exchange(const std::string& host, const std::string& port,
                             std::string_view request) {
  Socket socket;
  TM_CHECK(connect_to(socket, host, port));
  while (!request.empty()) {
    const auto sent = send(socket.fd, request.data(), request.size(), MSG_NOSIGNAL);
    if (sent <= 0) return fail(Errc::unavailable, "the server closed the connection");
    request.remove_prefix(std::size_t(sent));
  }
  std::string answer;
  char piece[65536];
  for (;;) {
    const auto got = recv(socket.fd, piece, sizeof piece, 0);
    if (got < 0) return fail(Errc::unavailable, "the server didn't answer in 30 s");
    if (got == 0) return answer;
    answer.append(piece, std::size_t(got));
  }
}

struct Endpoint {
  std::string host, port;
};

Result<Endpoint> parse_endpoint(std::string_view url) {
  if (!url.starts_with("http://")) {
    return fail(Errc::invalid_argument,
                fmt::format("the server's address must begin with http://, not \"{}\"", url));
  }
  url.remove_prefix(7);
  url = url.substr(0, url.find('/'));
  const auto colon = url.rfind(':');
  if (colon == url.npos) return Endpoint{std::string(url), "80"};
  return Endpoint{std::string(url.substr(0, colon)), std::string(url.substr(colon + 1))};
}

}  // namespace

Result<Connection> find_server(const std::string& data) {
  Connection connection;
  if (data.empty()) {
    connection.endpoint = from_environment("AWS_ENDPOINT_URL");
    connection.access_key_id = from_environment("AWS_ACCESS_KEY_ID");
    connection.secret_access_key = Secret(from_environment("AWS_SECRET_ACCESS_KEY"));
    connection.session_token = from_environment("AWS_SESSION_TOKEN");
    connection.region = from_environment("AWS_REGION");
    if (connection.region.empty()) connection.region = from_environment("AWS_DEFAULT_REGION");
    if (connection.region.empty()) connection.region = "us-east-1";
    if (connection.endpoint.empty() || connection.access_key_id.empty()) {
      return fail(Errc::invalid_argument,
                  "which server? Name its data directory with --data DIR, or set the variables "
                  "that `tidemill env --data DIR` prints");
    }
    return connection;
  }
  const auto running = server::read_running(data);
  if (!running) {
    return fail(Errc::unavailable,
                fmt::format("no server is running on {} (`tidemill serve --data {}` starts one)",
                            data, data));
  }
  connection.endpoint = running->endpoint;
  connection.region = running->region;
  SystemRandom random;
  TM_TRY(const auto identity, server::load_identity(data, random));
  connection.access_key_id = identity.access_key_id;
  connection.secret_access_key = identity.secret_access_key;
  return connection;
}

Result<json::value> ask_json(const Connection& connection, std::string_view method,
                             std::string_view target, std::string_view body) {
  TM_TRY(const auto endpoint, parse_endpoint(connection.endpoint));
  const auto host = fmt::format("{}:{}", endpoint.host, endpoint.port);
  const auto question = target.find('?');
  wire::SigningRequest request;
  request.method = method;
  request.path = target.substr(0, question);
  request.query = question == target.npos ? "" : target.substr(question + 1);
  request.headers.add("Host", host);
  request.headers.add("Connection", "close");
  if (method != "GET") {
    request.headers.add("Content-Length", std::to_string(body.size()));
    request.body = body;
  }
  const wire::SigningKey key{connection.access_key_id, connection.secret_access_key,
                             connection.session_token, connection.region, "tidemill"};
  wire::sign(request, key, SystemClock().now());
  auto text = fmt::format("{} {} HTTP/1.1\r\n", method, target);
  for (const auto& [name, value] : request.headers.fields()) {
    text += fmt::format("{}: {}\r\n", name, value);
  }
  text.append("\r\n").append(body);
  TM_TRY(const auto answer, exchange(endpoint.host, endpoint.port, text));
  const auto head_end = answer.find("\r\n\r\n");
  int status = 0;
  if (head_end == answer.npos || !answer.starts_with("HTTP/1.1 ") ||
      std::from_chars(answer.data() + 9, answer.data() + 12, status).ec != std::errc()) {
    return fail(Errc::unavailable, fmt::format("{} is not a tidemill server", host));
  }
  TM_TRY(auto value, json::parse(std::string_view(answer).substr(head_end + 4)));
  if (status == 200) return value;
  const auto message =
      value.is_object() ? json::text_or_empty(value.get_object(), "message") : std::string_view();
  return fail(Errc::unavailable, message.empty() ? fmt::format("the server answered {}", status)
                                                 : std::string(message));
}

Result<json::value> get_json(const Connection& connection, std::string_view target) {
  return ask_json(connection, "GET", target);
}

Result<json::value> post_json(const Connection& connection, std::string_view target,
                              const json::value& body) {
  return ask_json(connection, "POST", target, json::dump(body));
}

}  // namespace tidemill::cli
