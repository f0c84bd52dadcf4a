// Topics: made, joined with the queues, and what their notifications' links ask.
#include "server/program.h"

namespace tidemill::server {

void Program::make_topics() {
  topic_outlet_ = std::make_unique<TopicOutlet>(*queues_);
  const sns::Topics::Parts parts{clock_, random_, *authority_, *topic_outlet_};
  topics_ = std::make_unique<sns::Topics>(parts, sns::Topics::Options{.meter = recorder_.get()});
  topic_target_ = std::make_unique<sns::TopicTarget>(*topics_);
  hub_->add_target(*topic_target_);
}

void Program::wire_topics() {
  const sns::Api::Parts parts{*store_, *topics_, *authority_, *pool_};
  sns_api_ = std::make_unique<sns::Api>(parts);
  sns_api_->register_with(*router_);
}

}  // namespace tidemill::server
