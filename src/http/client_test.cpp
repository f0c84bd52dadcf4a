#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "http/raw_server_testing.h"
#include "http/resolver.h"
#include "io/loops.h"

namespace tidemill::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr std::string_view ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// Answers every request of a connection with `text`, and leaves it open.
RawServer::Script answers(std::string text) {
  return [text = std::move(text)](Session& session) {
    while (!session.request().empty()) session.send(text);
  };
}

class ClientTest : public testing::Test {
 protected:
  static ClientOptions local() { return {.allow_local = true}; }
  void make(ClientOptions options) { client = Client::make(std::move(options), pool).value(); }

  static Url url(const RawServer& server, std::string_view host = "127.0.0.1",
                 std::string_view scheme = "http") {
    return Url::parse(fmt::format("{}://{}:{}/hook?a=1", scheme, host, server.port)).value();
  }
  Result<Answer> call(Call call) {
    if (!client) make(local());
    return begin(std::move(call)).get();
  }
  std::future<Result<Answer>> begin(Call call) {
    const auto promise = std::make_shared<std::promise<Result<Answer>>>();
    loops.spawn(0, [this, call, promise] { return keep_promise(*client, call, promise); });
    return promise->get_future();
  }
  static Task<void> keep_promise(Client& client, Call call,
                                 std::shared_ptr<std::promise<Result<Answer>>> promise) {
    promise->set_value(co_await client.call(std::move(call)));
  }
  Result<Answer> call(const RawServer& server) {
    return call(Call{.url = url(server), .headers = {}, .body = "x"});
  }
  std::string error_name(const Result<Answer>& answer) {
    return answer ? "none" : answer.error().name;
  }

  io::Loops loops{1};
  io::Pool pool{1, 16};
  std::unique_ptr<Client> client;
};

TEST_F(ClientTest, SendsOneWholeRequestAndReadsTheAnswer) {
  std::string request;
  RawServer server([&](Session& session) {
    request = session.request();
    session.send("HTTP/1.1 201 Created\r\nX-Id: 7\r\nContent-Length: 5\r\n\r\nmade!");
  });
  Call one{.method = "PUT", .url = url(server), .headers = {}, .body = "{\"a\":1}"};
  one.headers.add("Content-Type", "application/json");
  const auto answer = call(one).value();
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.headers.get("x-id"), "7");
  EXPECT_EQ(answer.body, "made!");
  EXPECT_FALSE(answer.is_cut);
  EXPECT_THAT(request, StartsWith("PUT /hook?a=1 HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr(fmt::format("Host: 127.0.0.1:{}\r\n", server.port)));
  EXPECT_THAT(request, HasSubstr("Content-Length: 7\r\n"));
  EXPECT_THAT(request,
              EndsWith("Content-Type: application/json\r\nContent-Length: 7\r\n\r\n{\"a\":1}"));
}

TEST_F(ClientTest, UsesAConnectionAgain) {
  RawServer server(answers(std::string(ok)));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call(server)->body, "ok");
  EXPECT_EQ(server.connections, 1);
}

TEST_F(ClientTest, ConnectsAnewWhereTheKeptConnectionHasEnded) {
  RawServer server([](Session& session) {
    session.request();
    session.send(ok);  // And closes, although it didn't say so.
  });
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call(server)->body, "ok");
  EXPECT_EQ(server.connections, 3);
}

TEST_F(ClientTest, KeepsNoMoreIdleConnectionsThanItMay) {
  RawServer server(answers(std::string(ok)));
  auto options = local();
  options.idle_per_host_max = 0;
  make(options);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(call(server)->body, "ok");
  EXPECT_EQ(server.connections, 2);
}

TEST_F(ClientTest, MayGoWhileServersCloseWhatItKeeps) {
  for (int i = 0; i < 50; ++i) {
    make(local());
    auto server = std::make_unique<RawServer>(answers(std::string(ok)));
    std::vector<std::future<Result<Answer>>> answered;
    for (int one = 0; one < 8; ++one) {
      answered.push_back(begin(Call{.url = url(*server), .headers = {}, .body = "x"}));
    }
    for (auto& one : answered) EXPECT_EQ(one.get()->body, "ok");
    std::thread closing([&server] { server.reset(); });
    client.reset();
    closing.join();
  }
}

TEST_F(ClientTest, ReadsChunksAndWhatLastsUntilTheEnd) {
  RawServer chunked(
      answers("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
              "3\r\none\r\n3;x=y\r\ntwo\r\n0\r\nX: trailer\r\n\r\n"));
  EXPECT_EQ(call(chunked)->body, "onetwo");
  EXPECT_EQ(call(chunked)->body, "onetwo");
  EXPECT_EQ(chunked.connections, 1);
  RawServer endless([](Session& session) {
    session.request();
    session.send("HTTP/1.1 200 OK\r\n\r\nall of it");
  });
  EXPECT_EQ(call(endless)->body, "all of it");
}

TEST_F(ClientTest, PassesOverInformationalAnswers) {
  RawServer server(
      answers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
              "HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"));
  const auto answer = call(server).value();
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.headers.count("Link"), 0U);
}

TEST_F(ClientTest, DoesNotFollowRedirects) {
  RawServer server(
      answers("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
              "Content-Length: 0\r\n\r\n"));
  EXPECT_EQ(call(server)->status, 302);
  EXPECT_EQ(server.connections, 1);
}

TEST_F(ClientTest, CutsAHugeAnswerAndLeavesItsConnection) {
  RawServer server([](Session& session) {
    session.request();
    session.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n");
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 100; ++i) session.send(piece);
  });
  Call one{.url = url(server), .headers = {}, .body = "x", .answer_bytes_max = 1000};
  const auto answer = call(one).value();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, std::string(1000, 'x'));
  EXPECT_TRUE(answer.is_cut);
}

TEST_F(ClientTest, RefusesAnswersThatAreNone) {
  for (const std::string& text :
       {std::string("SSH-2.0-OpenSSH\r\n"), std::string("HTTP/1.1 abc\r\n\r\n"),
        "HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
        std::string("HTTP/1.1 101 Switching Protocols\r\n\r\n"), std::string(),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\ncut"),
        std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")}) {
    RawServer server([&](Session& session) {
      session.request();
      session.send(text);
    });
    EXPECT_EQ(error_name(call(server)), "CONNECTION_FAILURE") << text.substr(0, 40);
  }
}

TEST_F(ClientTest, DoesNotTakeWhatFollowsAnAnswerForTheNextOne) {
  RawServer server(answers(std::string(ok) + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"));
  EXPECT_EQ(call(server)->body, "ok");
  EXPECT_EQ(call(server)->body, "ok");
}

TEST_F(ClientTest, GivesUpWhenTheDeadlinePasses) {
  RawServer silent([](Session& session) { session.wait_for_end(); });
  const auto begun = std::chrono::steady_clock::now();
  Call one{.url = url(silent), .headers = {}, .body = "x", .deadline = 100ms};
  EXPECT_EQ(error_name(call(one)), "TIMEOUT");
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 3s);
}

TEST_F(ClientTest, AServerThatDribblesDoesNotGainTime) {
  RawServer slow([](Session& session) {
    session.request();
    session.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 100; ++i) {
      session.send("x");
      std::this_thread::sleep_for(10ms);
    }
  });
  Call one{.url = url(slow), .headers = {}, .body = "x", .deadline = 200ms};
  EXPECT_EQ(error_name(call(one)), "TIMEOUT");
}

TEST_F(ClientTest, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    port = RawServer([](Session&) {}).port;
  }
  Call one{.url = Url::parse(fmt::format("http://127.0.0.1:{}/", port)).value()};
  const auto answer = call(one);
  EXPECT_EQ(error_name(answer), "CONNECTION_FAILURE");
  EXPECT_THAT(answer.error().message, HasSubstr(fmt::format("127.0.0.1:{}", port)));
}

TEST_F(ClientTest, SaysThatAHostIsNotFound) {
  Call one{.url = Url::parse("http://no-such-host.invalid/").value()};
  one.deadline = 20s;
  EXPECT_EQ(error_name(call(one)), "CONNECTION_FAILURE");
}

TEST_F(ClientTest, RefusesLocalAddressesUnlessTheyAreAllowed) {
  RawServer server(answers(std::string(ok)));
  make({});
  for (const auto* host : {"127.0.0.1", "localhost", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"}) {
    const auto answer = call(Call{.url = url(server, host)});
    ASSERT_FALSE(answer) << host;
    EXPECT_EQ(answer.error().code, Errc::access_denied) << host;
  }
  EXPECT_EQ(server.connections, 0);
}

TEST(IsLocal, KnowsWhatOnlyTheMachineOrItsCloudShouldReach) {
  const auto is = [](const char* text) { return is_local(boost::asio::ip::make_address(text)); };
  for (const auto* text : {"127.0.0.1",
                           "127.255.0.1",
                           "0.0.0.0",
                           "0.1.2.3",
                           "169.254.169.254",
                           "169.254.170.2",
                           "224.0.0.1",
                           "255.255.255.255",
                           "100.100.100.200",
                           "168.63.129.16",
                           "::1",
                           "::",
                           "fe80::1",
                           "febf::1",
                           "ff02::1",
                           "fd00:ec2::254",
                           "::ffff:169.254.169.254",
                           "::ffff:127.0.0.1",
                           "64:ff9b::a9fe:a9fe",
                           "2002:7f00:1::",
                           "::127.0.0.1"}) {
    EXPECT_TRUE(is(text)) << text;
  }
  for (const auto* text :
       {"10.0.0.1", "172.16.0.1", "192.168.1.1", "8.8.8.8", "128.0.0.1", "169.253.0.1", "fec0::1",
        "fd00::1", "2606:4700::1111", "::ffff:10.0.0.1", "64:ff9b::808:808", "2002:808:808::"}) {
    EXPECT_FALSE(is(text)) << text;
  }
}

TEST_F(ClientTest, RefusesWhatWouldChangeTheRequest) {
  RawServer server(answers(std::string(ok)));
  using Field = std::pair<const char*, const char*>;
  for (const auto& [name, value] :
       {Field{"X", "a\r\nY: b"}, Field{"X", "a\nb"}, Field{"X\r\nY", "b"}, Field{"X Y", "b"},
        Field{"", "b"}, Field{"Host", "other"}, Field{"content-length", "0"},
        Field{"Transfer-Encoding", "chunked"}}) {
    Call one{.url = url(server)};
    one.headers.add(name, value);
    const auto answer = call(one);
    ASSERT_FALSE(answer) << name;
    EXPECT_EQ(answer.error().code, Errc::invalid_argument) << name;
  }
  EXPECT_FALSE(call(Call{.method = "GET / HTTP/1.1\r\n", .url = url(server)}));
  EXPECT_EQ(server.connections, 0);
}

TEST_F(ClientTest, TrustsTheCertificateOfAFileAndKeepsTheConnection) {
  TestCertificate certificate("DNS:localhost");
  RawServer server(answers(std::string(ok)), &certificate);
  auto options = local();
  options.ca_file = certificate.path();
  make(options);
  const Call one{.url = url(server, "localhost", "https"), .headers = {}, .body = "x"};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(call(one)->body, "ok");
  EXPECT_EQ(server.connections, 1);
}

TEST_F(ClientTest, TrustsTheCertificatesOfTheSystem) {
  TestCertificate certificate("DNS:localhost");
  RawServer server(answers(std::string(ok)), &certificate);
  make(local());
  ::setenv("SSL_CERT_FILE", certificate.path().c_str(), 1);  // Where OpenSSL looks for them.
  const auto answer = call(Call{.url = url(server, "localhost", "https"), .headers = {}});
  ::unsetenv("SSL_CERT_FILE");
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "ok");
}

TEST_F(ClientTest, TrustsACertificateForAnAddress) {
  TestCertificate certificate("IP:127.0.0.1");
  RawServer server(answers(std::string(ok)), &certificate);
  auto options = local();
  options.ca_file = certificate.path();
  make(options);
  EXPECT_EQ(call(Call{.url = url(server, "127.0.0.1", "https")})->body, "ok");
}

TEST_F(ClientTest, RefusesCertificatesThatNobodyVouchesFor) {
  TestCertificate certificate("DNS:localhost");
  RawServer server(answers(std::string(ok)), &certificate);
  const auto answer = call(Call{.url = url(server, "localhost", "https")});
  EXPECT_EQ(error_name(answer), "CONNECTION_FAILURE");
  EXPECT_THAT(answer.error().message, HasSubstr("certificate"));
}

TEST_F(ClientTest, RefusesCertificatesOfAnotherHost) {
  TestCertificate certificate("DNS:example.com");
  RawServer server(answers(std::string(ok)), &certificate);
  auto options = local();
  options.ca_file = certificate.path();
  make(options);
  for (const auto* host : {"localhost", "127.0.0.1"}) {
    const auto answer = call(Call{.url = url(server, host, "https")});
    EXPECT_EQ(error_name(answer), "CONNECTION_FAILURE");
    EXPECT_THAT(answer.error().message, HasSubstr("mismatch"));
  }
}

TEST_F(ClientTest, RefusesCertificatesThatHaveExpired) {
  TestCertificate certificate("DNS:localhost", -1);
  RawServer server(answers(std::string(ok)), &certificate);
  auto options = local();
  options.ca_file = certificate.path();
  make(options);
  const auto answer = call(Call{.url = url(server, "localhost", "https")});
  EXPECT_THAT(answer.error().message, HasSubstr("expired"));
}

TEST_F(ClientTest, RefusesAServerThatSpeaksNoTls) {
  RawServer server([](Session& session) { session.send("HTTP/1.1 400 Bad Request\r\n\r\n"); });
  EXPECT_EQ(error_name(call(Call{.url = url(server, "localhost", "https")})), "CONNECTION_FAILURE");
}

TEST_F(ClientTest, SaysThatACaFileIsNone) {
  EXPECT_FALSE(Client::make({.ca_file = "/no/such/file"}, pool));
  EXPECT_FALSE(Client::make({.ca_file = "/dev/null"}, pool));
}

TEST_F(ClientTest, BoundsTheCallsInFlight) {
  RawServer silent([](Session& session) { session.wait_for_end(); });
  auto options = local();
  options.calls_max = 1;
  make(options);
  auto first = begin({.url = url(silent), .deadline = 1s});
  while (silent.connections == 0) std::this_thread::yield();
  EXPECT_EQ(call(silent).error().code, Errc::throttled);
  EXPECT_EQ(error_name(first.get()), "TIMEOUT");
}

}  // namespace
}  // namespace tidemill::http
