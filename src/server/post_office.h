/// How topics reach the world: HTTP by the program's client, mail by its relay.
#pragma once

#include "base/random.h"
#include "http/client.h"
#include "http/smtp.h"
#include "sns/outlet.h"

namespace tidemill::server {

class PostOffice final : public sns::PostOffice {
 public:
  /// All outlive it; `mailer` may be nullptr, then mails are refused.
  PostOffice(http::Client& client, http::Mailer* mailer, Random& random)
      : client_(client), mailer_(mailer), random_(random) {}

  Task<sns::Attempt> post(sns::Post post) override;
  Task<sns::Attempt> mail(sns::Mail mail) override;

 private:
  http::Client& client_;
  http::Mailer* mailer_;
  Random& random_;
};

}  // namespace tidemill::server
