#include "http/server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "http/raw_peer_testing.h"

namespace tidemill::http {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// Answers by path; "/echo" gives the body back.
class Echo final : public Service {
 public:
  Task<Response> serve(Request& request) override {
    ++served;
    Response response;
    if (request.path == "/echo") {
      auto body = co_await read_all(*request.body, 8 << 20);
      if (!body) {
        response.status = http_status(body.error());
        response.text = body.error().name;
      } else {
        response.text = request.method + " " + *body;
      }
    } else if (request.path == "/stream") {
      response.stream = std::make_unique<Pieces>(request.query == "sized");
    } else if (request.path == "/file") {
      response.file = file;
    } else if (request.path == "/injected") {
      response.headers.add("x-name", "a\r\nx-other: b");
    } else if (request.path == "/slow") {
      co_await io::sleep_for(100ms);
      response.text = "slow";
    } else if (request.path == "/refuse") {
      response.status = 403;
      response.text = "refused";
    } else {
      response.text = "hello " + request.query;
    }
    co_return response;
  }

  std::optional<FileRange> file;
  std::atomic<int> served = 0;

 private:
  class Pieces final : public Body {
   public:
    explicit Pieces(bool sized) : sized_(sized) {}
    Task<Result<std::string_view>> read() override {
      const std::array<std::string_view, 4> pieces{"one", "two", "three", ""};
      co_return pieces[at_++];
    }
    std::optional<std::uint64_t> size() const noexcept override {
      return sized_ ? std::optional<std::uint64_t>(11) : std::nullopt;
    }

   private:
    bool sized_;
    std::size_t at_ = 0;
  };
};

class ServerTest : public testing::Test {
 protected:
  void start(ServerOptions options = {}) {
    server = Server::start(loops, service, clock, std::move(options)).value();
  }
  std::string once(std::string_view request) {
    if (!server) start();
    Peer peer(server->port());
    peer.send(request);
    return peer.receive_all();
  }
  std::string refused(std::string_view request) {
    const int before = service.served;
    std::string answer = once(request);
    EXPECT_EQ(service.served, before) << request;
    return answer;
  }

  SystemClock clock;
  Echo service;
  io::Loops loops{2};
  std::unique_ptr<Server> server;
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  start();
  Peer peer(server->port());
  for (int i = 0; i < 3; ++i) {
    peer.send("GET /?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    const std::string answer = peer.receive_until("hello x=1");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 9\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nDate: "));
    EXPECT_THAT(answer, Not(HasSubstr("Connection")));
  }
}

TEST_F(ServerTest, ClosesWhenAsked) {
  EXPECT_THAT(once("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              HasSubstr("Connection: close"));
  EXPECT_THAT(once("GET / HTTP/1.0\r\n\r\n"), HasSubstr("hello"));
}

TEST_F(ServerTest, TakesPipelinedRequestsInOrder) {
  start();
  Peer peer(server->port());
  peer.send(
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
      "chunked\r\n\r\n2\r\nde\r\n1;x=y\r\nf\r\n"
      "0\r\nTrailer: t\r\n\r\n"
      "GET /?last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  const std::string answers = peer.receive_all();
  const auto first = answers.find("POST abc");
  const auto second = answers.find("POST def");
  const auto third = answers.find("hello last");
  EXPECT_NE(third, std::string::npos) << answers;
  EXPECT_LT(first, second);
  EXPECT_LT(second, third);
}

TEST_F(ServerTest, StreamsBodiesBothWays) {
  start();
  std::string body;
  for (int i = 0; body.size() < (5 << 20); ++i) body += fmt::format("{} ", i);
  for (const bool chunked : {false, true}) {
    Peer peer(server->port());
    std::thread sender([&] {
      if (chunked) {
        peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (std::string_view rest = body; !rest.empty();) {
          const auto piece = rest.substr(0, 70'001);
          peer.send(fmt::format("{:x}\r\n{}\r\n", piece.size(), piece));
          rest.remove_prefix(piece.size());
        }
        peer.send("0\r\n\r\n");
      } else {
        peer.send(fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{}",
                              body.size(), body));
      }
      peer.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    });
    const std::string answer = peer.receive_all();
    sender.join();
    EXPECT_TRUE(answer.contains("POST " + body)) << "chunked: " << chunked;
    EXPECT_TRUE(answer.contains("hello")) << "chunked: " << chunked;
  }
  EXPECT_THAT(once("GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              HasSubstr("\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"));
  EXPECT_THAT(once("GET /stream?sized HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              testing::EndsWith("Content-Length: 11\r\nConnection: close\r\n\r\nonetwothree"));
  EXPECT_THAT(once("GET /stream HTTP/1.0\r\n\r\n"), testing::EndsWith("\r\n\r\nonetwothree"));
}

TEST_F(ServerTest, SendsFileRanges) {
  std::string name = testing::TempDir() + "http_server_test_XXXXXX";
  const int fd = ::mkstemp(name.data());
  std::string bytes;
  for (int i = 0; bytes.size() < (9 << 20); ++i) bytes += fmt::format("{}\n", i);
  ASSERT_EQ(::write(fd, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  service.file = FileRange{fd, 7, bytes.size() - 7, nullptr};
  EXPECT_TRUE(once("GET /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                  .ends_with("\r\n\r\n" + bytes.substr(7)));
  const std::string head = once("HEAD /file HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, HasSubstr(fmt::format("Content-Length: {}\r\n", bytes.size() - 7)));
  EXPECT_THAT(head, testing::EndsWith("\r\n\r\n"));
  ::close(fd);
  ::unlink(name.c_str());
}

TEST_F(ServerTest, SurvivesAPeerThatLeavesInTheMiddleOfAFile) {
  start();
  std::string name = testing::TempDir() + "http_server_test_XXXXXX";
  const int fd = ::mkstemp(name.data());
  ASSERT_EQ(::ftruncate(fd, 64 << 20), 0);
  service.file = FileRange{fd, 0, 64 << 20, nullptr};
  for (int i = 0; i < 5; ++i) {
    Peer peer(server->port());
    peer.send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
    peer.receive_until("\r\n\r\n");
  }
  EXPECT_THAT(once("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), HasSubstr("hello"));
  while (server->connections() > 0) std::this_thread::sleep_for(1ms);
  ::close(fd);
  ::unlink(name.c_str());
}

TEST_F(ServerTest, AsksForTheBodyOnlyWhenItIsRead) {
  start();
  Peer peer(server->port());
  peer.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(peer.receive_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("abc");
  EXPECT_THAT(peer.receive_until("PUT abc"), HasSubstr("200 OK"));

  const std::string answer =
      once("PUT /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nExpect: 100-Continue\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(answer, HasSubstr("Connection: close")) << "it may or may not send the body now";
  EXPECT_THAT(refused("PUT / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n\r\n"), HasSubstr(" 417 "));
}

TEST_F(ServerTest, KeepsTheConnectionWhenASmallBodyWasNotWanted) {
  start();
  Peer peer(server->port());
  peer.send("PUT /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
  EXPECT_THAT(peer.receive_until("refused"), Not(HasSubstr("Connection: close")));
  peer.send(std::string(100'000, 'x') + "GET /?next HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(peer.receive_until("hello next"), HasSubstr("200 OK"));
}

TEST_F(ServerTest, ClosesWhenALargeBodyWasNotWanted) {
  start();
  Peer peer(server->port());
  peer.send("PUT /refuse HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
  peer.send(std::string(3'000'000, 'x'));
  const std::string answer = peer.receive_all();
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_THAT(answer, HasSubstr("refused")) << "the answer must survive the bytes in flight";
}

TEST_F(ServerTest, RefusesAmbiguousFraming) {
  const std::array<std::string_view, 14> fields{
      "Content-Length: 3\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: chunked\r\nContent-Length: 3",
      "Content-Length: 3\r\nContent-Length: 3",
      "Content-Length: 3\r\nContent-Length: 4",
      "Content-Length: 3, 3",
      "Content-Length: +3",
      "Content-Length: -1",
      "Content-Length: 0x3",
      "Content-Length:",
      "Content-Length: 99999999999999999999",
      "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
      "Transfer-Encoding: gzip, chunked",
      "Transfer-Encoding: chunked, identity",
      "Transfer-Encoding: xchunked",
  };
  for (const std::string_view field : fields) {
    EXPECT_THAT(refused(fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\n{}\r\n\r\nabc", field)),
                StartsWith("HTTP/1.1 400 "))
        << field;
  }
  EXPECT_THAT(refused("POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(ServerTest, RefusesMalformedHeads) {
  const std::array<std::string_view, 20> requests{
      "GET / HTTP/1.1\nHost: a\n\n",
      "GET / HTTP/1.1\r\nHost: a\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX : b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: \x01\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET * HTTP/1.1\r\nHost: a\r\n\r\n",
      "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
      "GET /\r\n\r\n",
      "G@T / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\x16\x03\x01\x02\n\r\n",
  };
  for (const std::string_view request : requests) {
    EXPECT_THAT(refused(request), StartsWith("HTTP/1.1 400 ")) << request;
  }
  EXPECT_THAT(refused(std::string("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", 34)),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(ServerTest, RefusesMalformedChunks) {
  const std::array<std::string_view, 6> bodies{
      "x\r\nabc\r\n0\r\n\r\n",  "3\r\nabcd\r\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n",
      "-1\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n", "fffffffffffffffff\r\nabc\r\n0\r\n\r\n"};
  for (const std::string_view body : bodies) {
    const std::string answer =
        once(fmt::format("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{}"
                         "GET /?smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
                         body));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << body;
    EXPECT_THAT(answer, Not(HasSubstr("smuggled"))) << body;
  }
}

TEST_F(ServerTest, LimitsTheHead) {
  EXPECT_THAT(refused("GET /" + std::string(8200, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n"),
              StartsWith("HTTP/1.1 414 "));
  const std::string line = "X-Filler: " + std::string(1000, 'x') + "\r\n";
  std::string request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
  for (int i = 0; i < 15; ++i) request += line;
  EXPECT_THAT(once(request + "\r\n"), HasSubstr("200 OK"));
  for (int i = 0; i < 2; ++i) request += line;
  EXPECT_THAT(refused(request + "\r\n"), HasSubstr("RequestHeaderSectionTooLarge"));
}

TEST_F(ServerTest, GivesAHeadAndABodyLimitedTime) {
  ServerOptions options;
  options.head_deadline = 50ms;
  options.idle_deadline = 50ms;
  options.body = {.grace = 50ms, .bytes_per_second_min = 1'000'000};
  start(options);
  EXPECT_THAT(once("GET / HTTP/1.1\r\nHo"), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(once(""), "") << "an idle connection is closed without a word";
  EXPECT_THAT(once("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"),
              testing::EndsWith("RequestTimeout"));
  // The deadline is the head's, not the byte's.
  Peer peer(server->port());
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 100 && !peer.has_more_within(10ms); ++i) peer.send("G");
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 500ms);
  EXPECT_THAT(peer.receive_all(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerTest, ReportsABodyThatIsCutShort) {
  start();
  Peer peer(server->port());
  peer.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  peer.half_close();
  EXPECT_THAT(peer.receive_all(), testing::EndsWith("IncompleteBody"));
}

TEST_F(ServerTest, AnswersSlowDownToAConnectionTooMany) {
  ServerOptions options;
  options.connections_max = 1;
  start(options);
  Peer first(server->port());
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  first.receive_until("hello ");
  const std::string answer = once("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("<Code>SlowDown</Code>"));
}

TEST_F(ServerTest, LetsNoHeaderValueAddFields) {
  EXPECT_THAT(once("GET /injected HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"),
              HasSubstr("\r\nx-name: a  x-other: b\r\n"));
}

TEST_F(ServerTest, FinishesRequestsInFlightWhenStopped) {
  start();
  Peer busy(server->port());
  Peer idle(server->port());
  idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  idle.receive_until("hello ");
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  while (service.served < 2) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(server->stop(2s));
  const std::string answer = busy.receive_all();
  EXPECT_THAT(answer, testing::EndsWith("slow"));
  EXPECT_THAT(answer, HasSubstr("Connection: close"));
  EXPECT_EQ(idle.receive_all(), "");
}

TEST_F(ServerTest, CutsWhatOutlastsTheGrace) {
  start();
  Peer peer(server->port());
  peer.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  while (service.served < 1) std::this_thread::sleep_for(1ms);
  const auto begin = std::chrono::steady_clock::now();
  server->stop(20ms);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 900ms);
  EXPECT_EQ(server->connections(), 0U);
}

TEST_F(ServerTest, SaysWhyItCannotListen) {
  start();
  ServerOptions options;
  options.port = server->port();
  const auto again = Server::start(loops, service, clock, options);
  ASSERT_FALSE(again.has_value());
  EXPECT_THAT(again.error().message, HasSubstr(fmt::format("127.0.0.1:{}", server->port())));
}

TEST(RequestParser, TakesTheEndOfAChunkedBodyInPieces) {
  for (const std::string body : {"0\r\n\r\n", "2\r\nab\r\n0\r\nX: y\r\n\r\n"}) {
    RequestParser parser;
    Request request;
    ASSERT_TRUE(parser.parse_head("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
                                  request));
    std::string seen, unused;
    bool done = false;
    for (const char c : body) {
      ASSERT_FALSE(done);
      unused += c;
      for (bool more = false; !more && !done;) {
        const auto step = parser.decode_chunked(unused).value();
        seen += step.piece;
        unused.erase(0, step.consumed);
        more = step.needs_more || unused.empty();
        done = step.done;
      }
    }
    EXPECT_TRUE(done);
    EXPECT_EQ(seen, body.size() > 5 ? "ab" : "");
  }
}

}  // namespace
}  // namespace tidemill::http
