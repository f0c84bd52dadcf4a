#include "sns/delivery_policy.h"

#include <gtest/gtest.h>

namespace tidemill::sns {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::vector<std::int64_t> pauses(const RetryPolicy& policy) {
  std::vector<std::int64_t> all;
  for (int tries = 1;; ++tries) {
    const auto pause = next_pause(policy, tries);
    if (!pause) return all;
    all.push_back(pause->count() / 1000);
  }
}

TEST(DeliveryPolicy, by_default_tries_thrice_more_every_20_seconds) {
  EXPECT_EQ(pauses({}), (std::vector<std::int64_t>{20, 20, 20}));
}

TEST(DeliveryPolicy, has_four_phases) {
  const RetryPolicy policy{.retries = 8,
                           .no_delay = 1,
                           .min_delay = 2,
                           .max_delay = 2,
                           .shortest = seconds(5),
                           .longest = seconds(35)};
  EXPECT_EQ(pauses(policy), (std::vector<std::int64_t>{0, 5, 5, 5, 20, 35, 35, 35}));
}

TEST(DeliveryPolicy, a_subscription_overrides_its_topic_unless_that_forbids_it) {
  const auto topic = [](std::string_view fixed) {
    return R"({"http":{"defaultHealthyRetryPolicy":{"numRetries":5},"disableSubscriptionOverrides":)" +
           std::string(fixed) + "}}";
  };
  constexpr std::string_view own =
      R"({"healthyRetryPolicy":{"numRetries":7},"requestPolicy":{"headerContentType":"text/x"}})";
  EXPECT_EQ(delivery_policy(topic("false"), "").retry.retries, 5);
  EXPECT_EQ(delivery_policy(topic("false"), own).retry.retries, 7);
  EXPECT_EQ(delivery_policy(topic("false"), own).content_type, "text/x");
  EXPECT_EQ(delivery_policy(topic("true"), own).retry.retries, 5);
}

TEST(DeliveryPolicy, is_refused_with_the_member_named) {
  const auto refusal = [](std::string_view policy) {
    const auto checked = check_delivery_policy(policy, false);
    return checked ? "" : checked.error().message;
  };
  EXPECT_EQ(refusal(R"({"healthyRetryPolicy":{"numRetries":101}})"),
            "numRetries must be a whole number from 0 to 100");
  EXPECT_EQ(refusal(R"({"healthyRetryPolicy":{"minDelayTarget":50}})"),
            "maxDelayTarget must not be less than minDelayTarget");
  EXPECT_EQ(refusal("[]"), "it must be a JSON object");
}

}  // namespace
}  // namespace tidemill::sns
