#include "http/smtp.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/encoding.h"
#include "http/outgoing.h"

namespace tidemill::http {
namespace {

constexpr std::size_t reply_bytes_max = 16 * 1024, encoded_line = 76, word_bytes = 45;

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

/// A header's text: as it is where it is ASCII, else in encoded words (RFC 2047).
std::string header_text(std::string_view text) {
  if (is_plain(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    auto size = std::min(word_bytes, text.size());
    // No character is cut in two.
    while (size > 1 && size < text.size() &&
           (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
      --size;
    out += fmt::format("{}=?UTF-8?B?{}?=", out.empty() ? "" : "\r\n ",
                       to_base64(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return out;
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string sender(const std::string& name, const std::string& from) {
  if (name.empty()) return from;
  return fmt::format("{} <{}>", is_plain(name) ? quoted(name) : header_text(name), from);
}

}  // namespace

std::string mail_text(const Mail& mail, const std::string& from, TimeMs now) {
  auto date = http_date(now);
  date.replace(date.size() - 3, 3, "+0000");
  std::string out = fmt::format(
      "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@tidemill>\r\n"
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
      "Content-Transfer-Encoding: base64\r\n\r\n",
      sender(mail.sender_name, from), mail.to, header_text(mail.subject), date, mail.id);
  const auto body = to_base64(mail.text);
  for (std::size_t at = 0; at < body.size(); at += encoded_line) {
    out.append(body, at, encoded_line).append("\r\n");
  }
  return out;
}

struct Mailer::State {
  State(Options o, const Clock& c) : options(std::move(o)), clock(c), resolver(true) {}

  const Options options;
  const Clock& clock;
  Resolver resolver;  // The relay is named by who runs us: it may be local.
};

namespace {

/// One conversation with the relay.
class Session {
 public:
  Session(std::unique_ptr<Outgoing> connection, std::string relay)
      : connection_(std::move(connection)), relay_(std::move(relay)) {}

  /// Sends a line (or nothing) and reads the answer, which must begin with the digit `good`.
  Task<Status> say(std::string line, char good) {
    if (!line.empty()) {
      line += "\r\n";
      TM_CO_CHECK(co_await connection_->write(line));
    }
    TM_CO_TRY(const auto reply, co_await read_reply());
    if (reply.front() == good) co_return Status();
    co_return fail(reply.front() == '5' ? Errc::invalid_argument : Errc::unavailable,
                   fmt::format("{} answers: {}", relay_, trim(reply)));
  }

 private:
  /// The last line of an answer has a blank behind its number.
  static bool is_whole(std::string_view text) {
    if (!text.ends_with("\r\n")) return false;
    text.remove_suffix(2);
    const auto line = text.substr(text.rfind('\n') == text.npos ? 0 : text.rfind('\n') + 1);
    return line.size() == 3 || (line.size() > 3 && line[3] == ' ');
  }

  Task<Result<std::string>> read_reply() {
    std::string reply;
    std::array<char, 1024> part;
    while (!is_whole(reply)) {
      TM_CO_TRY(const auto size, co_await connection_->read(part));
      if (size == 0 || reply.size() > reply_bytes_max) {
        co_return fail(Errc::unavailable, fmt::format("{} gave no answer of SMTP", relay_));
      }
      reply.append(part.data(), size);
    }
    co_return reply;
  }

  std::unique_ptr<Outgoing> connection_;
  std::string relay_;
};

}  // namespace

Mailer::Mailer(Options options, const Clock& clock)
    : state_(std::make_unique<State>(std::move(options), clock)) {}
Mailer::~Mailer() = default;

Task<Status> Mailer::send(Mail mail) {
  const auto& options = state_->options;
  Url url{.host = options.host, .port = options.port, .target = "/"};
  const Outgoing::Parts parts{state_->resolver, nullptr};
  const auto deadline = std::chrono::steady_clock::now() + options.deadline;
  TM_CO_TRY(auto connection, co_await Outgoing::open(parts, std::move(url), deadline));
  Session session(std::move(connection), fmt::format("{}:{}", options.host, options.port));
  TM_CO_CHECK(co_await session.say("", '2'));
  TM_CO_CHECK(co_await session.say("EHLO tidemill", '2'));
  TM_CO_CHECK(co_await session.say(fmt::format("MAIL FROM:<{}>", options.from), '2'));
  TM_CO_CHECK(co_await session.say(fmt::format("RCPT TO:<{}>", mail.to), '2'));
  TM_CO_CHECK(co_await session.say("DATA", '3'));
  // No line of it begins with a dot: headers don't, nor does base64.
  TM_CO_CHECK(co_await session.say(mail_text(mail, options.from, state_->clock.now()) + ".", '2'));
  [[maybe_unused]] const auto ended = co_await session.say("QUIT", '2');
  co_return Status();
}

}  // namespace tidemill::http
