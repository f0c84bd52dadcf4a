#include "events/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tidemill::events {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

json::object parsed(std::string_view text) { return json::parse_object(text).value(); }

constexpr const char* all = R"({
    "BasicAuthParameters":{"Username":"ann","Password":"s1"},
    "ApiKeyAuthParameters":{"ApiKeyName":"k","ApiKeyValue":"s2"},
    "OAuthParameters":{"ClientParameters":{"ClientID":"me","ClientSecret":"s3"},
      "OAuthHttpParameters":{"BodyParameters":[{"Key":"b","Value":"s4","IsValueSecret":true}]}},
    "InvocationHttpParameters":{"HeaderParameters":[
      {"Key":"h","Value":"s5","IsValueSecret":true},{"Key":"g","Value":"open"},
      {"Key":"i","Value":"open too","IsValueSecret":false}]}})";

TEST(Connection, TellsNoSecret) {
  const auto shown = json::dump(without_secrets(parsed(all)));
  for (const auto* secret : {"s1", "s2", "s3", "s4", "s5"}) {
    EXPECT_THAT(shown, Not(HasSubstr(secret)));
  }
  for (const auto* open : {"ann", "\"me\"", "\"k\"", "open too", "IsValueSecret"}) {
    EXPECT_THAT(shown, HasSubstr(open));
  }
  EXPECT_THAT(secrets_of(parsed(all)), ElementsAre("s1", "s2", "s3", "s4", "s5"));
}

TEST(Connection, KeepsWhatItsTypeNeeds) {
  const auto kept = checked_auth(Connection::Type::api_key, parsed(all)).value();
  EXPECT_EQ(kept.size(), 2U);
  EXPECT_TRUE(kept.contains("ApiKeyAuthParameters"));
  EXPECT_TRUE(kept.contains("InvocationHttpParameters"));
}

TEST(Connection, RefusesATypeWithoutItsParameters) {
  const auto refused =
      checked_auth(Connection::Type::oauth, parsed(R"({"BasicAuthParameters":{}})"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().name, "ValidationException");
  EXPECT_THAT(refused.error().message, HasSubstr("OAuthParameters"));
}

TEST(Connection, AnUpdateReplacesWhatItNames) {
  const auto merged =
      merged_auth(parsed(R"({"BasicAuthParameters":{"Username":"ann","Password":"old"},
                 "InvocationHttpParameters":{"HeaderParameters":[{"Key":"a"},{"Key":"b"}]}})"),
                  parsed(R"({"BasicAuthParameters":{"Password":"new"},
                 "InvocationHttpParameters":{"HeaderParameters":[{"Key":"c"}]}})"));
  EXPECT_EQ(merged, parsed(R"({"BasicAuthParameters":{"Username":"ann","Password":"new"},
                 "InvocationHttpParameters":{"HeaderParameters":[{"Key":"c"}]}})"));
}

TEST(Connection, IsSealedForItsOwnRow) {
  SystemRandom random;
  const auto sealer = Sealer::make(Secret(std::string(64, 'a')), random).value();
  Connection made{.scope = {"000000000000", "us-east-1"}, .name = "n", .uuid = "u"};
  made.auth = parsed(R"({"BasicAuthParameters":{"Username":"ann","Password":"hunter2"}})");
  seal_auth(made, sealer);
  EXPECT_THAT(made.sealed, Not(HasSubstr("hunter2")));
  auto read = made;
  ASSERT_TRUE(open_auth(read, sealer));
  EXPECT_EQ(read.auth, made.auth);
  read.uuid = "another";
  EXPECT_FALSE(open_auth(read, sealer)) << "it is another connection's";
  const auto other = Sealer::make(Secret(std::string(64, 'b')), random).value();
  EXPECT_FALSE(open_auth(made, other));
}

}  // namespace
}  // namespace tidemill::events
