/// A server that says just what it is told to, for tests of what asks others: one connection after
/// the other, plain or TLS, each by a script on a thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

namespace tidemill::http {

/// A certificate that signs itself, for one name or address, and its key.
class TestCertificate {
 public:
  /// `subject` as OpenSSL has it: "DNS:localhost" or "IP:127.0.0.1". `days` may be in the past.
  explicit TestCertificate(const std::string& subject, int days = 1) {
    X509_set_version(x509, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
    X509_gmtime_adj(X509_getm_notBefore(x509), -7 * 86'400);
    X509_gmtime_adj(X509_getm_notAfter(x509), long(days) * 86'400);
    X509_set_pubkey(x509, key);
    const auto* name = reinterpret_cast<const unsigned char*>("tidemill test");
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_ASC, name, -1, -1, 0);
    X509_set_issuer_name(x509, X509_get_subject_name(x509));
    auto* names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject.c_str());
    X509_add_ext(x509, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(x509, key, EVP_sha256());
  }
  ~TestCertificate() {
    X509_free(x509);
    EVP_PKEY_free(key);
    if (!path_.empty()) std::filesystem::remove(path_);
  }
  TestCertificate(const TestCertificate&) = delete;
  TestCertificate& operator=(const TestCertificate&) = delete;

  /// Its PEM file, removed with it.
  const std::string& path() {
    if (!path_.empty()) return path_;
    path_ = (std::filesystem::temp_directory_path() / "tidemill-ca-XXXXXX").string();
    auto* file = ::fdopen(::mkstemp(path_.data()), "w");
    PEM_write_X509(file, x509);
    ::fclose(file);
    return path_;
  }

  EVP_PKEY* key = EVP_RSA_gen(2048);
  X509* x509 = X509_new();

 private:
  std::string path_;
};

/// The server's end of a connection. Blocking, with a limit of five seconds.
class Session {
 public:
  Session(int fd, SSL_CTX* tls) : fd_(fd) {
    const timeval limit{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (tls == nullptr) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, fd_);
    is_ok_ = SSL_accept(ssl_) == 1;
  }
  ~Session() {
    SSL_free(ssl_);
    ::close(fd_);
  }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// A whole request, with a body as long as its Content-Length says; empty if there is none.
  std::string request() {
    while (!seen_.contains("\r\n\r\n") && more()) {
    }
    const auto head = seen_.find("\r\n\r\n");
    if (head == std::string::npos) return {};
    std::size_t size = head + 4;
    constexpr std::string_view length = "Content-Length: ";
    if (const auto at = seen_.find(length); at < head) {
      size += std::stoul(seen_.substr(at + length.size()));
    }
    while (seen_.size() < size && more()) {
    }
    auto text = seen_.substr(0, size);
    seen_.erase(0, size);
    return text;
  }
  void send(std::string_view text) {
    while (!text.empty()) {
      const auto sent = ssl_ != nullptr ? SSL_write(ssl_, text.data(), int(text.size()))
                                        : int(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL));
      if (sent <= 0) return;
      text.remove_prefix(std::size_t(sent));
    }
  }
  /// Until the client closes.
  void wait_for_end() {
    while (more()) {
    }
  }

 private:
  bool more() {
    std::array<char, 65536> bytes;
    if (!is_ok_) return false;
    const auto got = ssl_ != nullptr ? SSL_read(ssl_, bytes.data(), int(bytes.size()))
                                     : int(::recv(fd_, bytes.data(), bytes.size(), 0));
    if (got > 0) seen_.append(bytes.data(), std::size_t(got));
    return got > 0;
  }

  int fd_;
  SSL* ssl_ = nullptr;
  bool is_ok_ = true;
  std::string seen_;
};

class RawServer {
 public:
  using Script = std::function<void(Session&)>;

  /// Listens on a port of 127.0.0.1 and plays `script` with each connection.
  explicit RawServer(Script script, TestCertificate* certificate = nullptr)
      : script_(std::move(script)), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    ::signal(SIGPIPE, SIG_IGN);
    if (certificate != nullptr) {
      tls_ = SSL_CTX_new(TLS_server_method());
      SSL_CTX_use_certificate(tls_, certificate->x509);
      SSL_CTX_use_PrivateKey(tls_, certificate->key);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(fd_, 64), 0);
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~RawServer() {
    ::shutdown(fd_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (auto& one : sessions_) one.join();
    ::close(fd_);
    SSL_CTX_free(tls_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;

  std::uint16_t port = 0;
  std::atomic<int> connections = 0;

 private:
  void accept() {
    for (int fd = ::accept(fd_, nullptr, nullptr); fd >= 0; fd = ::accept(fd_, nullptr, nullptr)) {
      ++connections;
      const std::lock_guard lock(mutex_);
      open_.insert(fd);
      sessions_.emplace_back([this, fd] { play(fd); });
    }
  }

  void play(int fd) {
    Session session(fd, tls_);
    script_(session);
    const std::lock_guard lock(mutex_);
    open_.erase(fd);
  }

  Script script_;
  int fd_;
  SSL_CTX* tls_ = nullptr;
  std::mutex mutex_;
  std::set<int> open_;
  std::thread acceptor_;
  std::vector<std::thread> sessions_;
};

}  // namespace tidemill::http
