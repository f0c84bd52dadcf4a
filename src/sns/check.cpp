#include "sns/check.h"

#include <fmt/format.h>

namespace tidemill::sns {

Result<std::vector<std::string>> check_topics(store::Tx& tx) {
  std::vector<std::string> findings;
  const auto find = [&](std::string_view sql, std::string_view what) -> Status {
    const store::RowFn row = [&](const store::Row& r) {
      findings.push_back(fmt::format("{} {}", r.bytes(0), what));
      return true;
    };
    return tx.each(sql, row);
  };
  TM_CHECK(find("SELECT uuid FROM sns_subscriptions WHERE topic NOT IN (SELECT id FROM sns_topics)",
                "is a subscription of no topic"));
  TM_CHECK(
      find("SELECT subscription_arn FROM sns_deliveries WHERE state = 'pending' AND subscription"
           " NOT IN (SELECT id FROM sns_subscriptions)",
           "is gone and has deliveries that wait"));
  TM_CHECK(
      find("SELECT subscription_arn FROM sns_deliveries WHERE (state = 'pending') <> "
           "(due_ms IS NOT NULL)",
           "has a delivery that is neither final nor due"));
  TM_CHECK(
      find("SELECT name FROM sns_topics WHERE NOT EXISTS (SELECT 1 FROM sns_signing_key) LIMIT 1",
           "is a topic, and there is no key to sign its messages"));
  return findings;
}

}  // namespace tidemill::sns
