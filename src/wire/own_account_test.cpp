#include "wire/own_account.h"

#include <gtest/gtest.h>

#include "wire/gen/glue.h"
#include "wire/gen/sns.h"

namespace tidemill::wire {
namespace {

constexpr std::string_view account = "000000000000";

TEST(OwnAccount, IsThatOfArnsThatNameNone) {
  glue::GetTagsRequest request{.ResourceArn = "arn:aws:glue:us-east-1::job/etl"};
  name_account(*glue::op::GetTags::operation.input, &request, account);
  EXPECT_EQ(request.ResourceArn, "arn:aws:glue:us-east-1:000000000000:job/etl");
}

TEST(OwnAccount, IsThatOfAnEmptyCatalogId) {
  const auto& shape = *glue::op::GetDatabase::operation.input;
  glue::GetDatabaseRequest empty{.CatalogId = "", .Name = ""};
  name_account(shape, &empty, account);
  EXPECT_EQ(empty.CatalogId, account);
  EXPECT_EQ(empty.Name, "");
  glue::GetDatabaseRequest unsaid{.Name = "silver"};
  name_account(shape, &unsaid, account);
  EXPECT_FALSE(unsaid.CatalogId.has_value());
}

TEST(OwnAccount, IsNotPutIntoWhatTheRequestCarries) {
  const std::string text = "arn:aws:glue:us-east-1::job/etl";
  sns::PublishInput request;
  request.Message = text;
  name_account(*sns::op::Publish::operation.input, &request, account);
  EXPECT_EQ(request.Message, text);
}

}  // namespace
}  // namespace tidemill::wire
