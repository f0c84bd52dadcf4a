// Topics: made, joined with the queues and the world, and what their notifications' links ask.
#include "server/program.h"

namespace tidemill::server {

Status Program::make_topics() {
  topic_outlet_ = std::make_unique<TopicOutlet>(*queues_);
  const sns::Topics::Parts parts{clock_, random_, *authority_, *topic_outlet_, *sealer_};
  sns::Topics::Options options{.due = [this](TimeMs at) { topic_courier_->due(at); },
                               .has_mail = !options_.smtp.empty(),
                               .meter = tally_.get()};
  topics_ = std::make_unique<sns::Topics>(parts, std::move(options));
  topic_target_ = std::make_unique<sns::TopicTarget>(*topics_);
  hub_->add_target(*topic_target_);
  if (!options_.smtp.empty()) {
    TM_TRY(const auto relay, parse_address(options_.smtp, "--smtp"));
    const http::Mailer::Options mail{relay.host, std::uint16_t(relay.port), options_.mail_from};
    mailer_ = std::make_unique<http::Mailer>(mail, clock_);
  }
  post_office_ = std::make_unique<PostOffice>(*client_, mailer_.get(), random_);
  const sns::Courier::Parts courier{*loops_, *store_, *topics_, *post_office_, clock_};
  topic_courier_ = std::make_unique<sns::Courier>(courier);
  return {};
}

void Program::wire_topics() {
  const sns::Api::Parts parts{*store_, *topics_, *authority_, *pool_};
  sns_api_ = std::make_unique<sns::Api>(parts);
  sns_api_->register_with(*router_);
  console_->on(
      "GET", std::string(sns::confirm_path), "",
      [this](const console::Question& question) { return confirm_subscription(question); });
  console_->on("GET", std::string(sns::unsubscribe_path), "",
               [this](const console::Question& question) { return end_subscription(question); });
  console_->show(std::string(sns::certificate_path), "", "application/x-pem-file",
                 [this](const console::Question& question) { return show_certificate(question); });
}

/// What signs the notifications; empty while none was signed.
Task<Result<std::string>> Program::show_certificate(const console::Question&) {
  const auto key = topics_->key();
  co_return key ? key->certificate() : std::string();
}

Program::Answer Program::confirm_subscription(const console::Question& question) {
  TM_CO_TRY(auto arn, co_await sns_api_->confirm_by_link(std::string(question.get("TopicArn")),
                                                         std::string(question.get("Token"))));
  co_return json::object{{"SubscriptionArn", std::move(arn)}, {"confirmed", true}};
}

Program::Answer Program::end_subscription(const console::Question& question) {
  TM_CO_TRY(auto arn,
            co_await sns_api_->unsubscribe_by_link(std::string(question.get("SubscriptionArn"))));
  co_return json::object{{"SubscriptionArn", std::move(arn)}, {"unsubscribed", true}};
}

}  // namespace tidemill::server
