/// Hands mails to a relay by SMTP (RFC 5321), in the clear: the relay is the one of the house,
/// which speaks TLS with the world. Made by the server; called on event loops; destroyed before
/// them.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/time.h"
#include "io/task.h"

namespace tidemill::http {

struct Mail {
  std::string id;             ///< Makes its Message-ID.
  std::string to;             ///< An address.
  std::string sender_name;    ///< Before the sender's address; may be empty.
  std::string subject, text;  ///< UTF-8.
};

/// The mail as it goes over the wire, without the dots of DATA. Pure.
[[nodiscard]] std::string mail_text(const Mail& mail, const std::string& from, TimeMs now);

class Mailer {
 public:
  struct Options {
    std::string host;
    std::uint16_t port = 25;
    std::string from;                            ///< The sender's address.
    std::chrono::milliseconds deadline{15'000};  ///< Of one mail.
  };
  Mailer(Options options, const Clock& clock);
  ~Mailer();
  Mailer(const Mailer&) = delete;
  Mailer& operator=(const Mailer&) = delete;

  /// Once the relay has said that it has the mail. Fails with invalid_argument where it won't take
  /// it (5xx), with unavailable where it may later.
  Task<Status> send(Mail mail);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tidemill::http
