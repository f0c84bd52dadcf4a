#include "server/post_office.h"

#include <fmt/format.h>

namespace tidemill::server {
namespace {

using End = sns::Attempt::End;

/// As SNS has it.
constexpr auto deadline = std::chrono::milliseconds(15'000);

sns::Attempt failed(const Error& error) {
  const bool for_good = error.code == Errc::invalid_argument || error.code == Errc::access_denied;
  return {for_good ? End::refused : End::again, error.message};
}

/// What a client did wrong stays wrong, unless it only came too often.
sns::Attempt judged(int status) {
  if (status >= 200 && status < 300) return {};
  const bool for_good = status >= 400 && status < 500 && status != 429;
  return {for_good ? End::refused : End::again, fmt::format("the endpoint answered {}", status)};
}

}  // namespace

Task<sns::Attempt> PostOffice::post(sns::Post post) {
  auto url = http::Url::parse(post.url);
  if (!url) co_return failed(url.error());
  http::Call call{.url = *std::move(url), .headers = {}, .body = std::move(post.body)};
  for (const auto& [name, value] : post.headers) call.headers.add(name, value);
  call.deadline = deadline;
  const auto answer = co_await client_.call(std::move(call));
  co_return answer ? judged(answer->status) : failed(answer.error());
}

Task<sns::Attempt> PostOffice::mail(sns::Mail mail) {
  if (mailer_ == nullptr) {
    sns::Attempt refused{End::refused, "no mail is sent: serve has no --smtp"};
    co_return refused;
  }
  http::Mail letter{.id = random_uuid(random_),
                    .to = std::move(mail.to),
                    .sender_name = std::move(mail.sender_name),
                    .subject = std::move(mail.subject),
                    .text = std::move(mail.text)};
  const auto sent = co_await mailer_->send(std::move(letter));
  co_return sent ? sns::Attempt() : failed(sent.error());
}

}  // namespace tidemill::server
