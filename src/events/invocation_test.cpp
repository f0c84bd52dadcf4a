#include "events/invocation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "events/oauth.h"

namespace tidemill::events {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr TimeMs noon{1'705'320'000'000};

class InvocationTest : public testing::Test {
 protected:
  InvocationTest() {
    parcel.delivery.id = 7;
    parcel.delivery.event_id = "e-1";
    parcel.delivery.event = parcel.delivery.input = R"({"id":"e-1","detail":{"row":"a/b","n":3}})";
    parcel.destination.endpoint = "https://hooks.example.com/x";
    parcel.destination.method = "POST";
  }
  http::Call call() const { return make_call(parcel, "").value(); }
  void authorize(std::string_view auth) {
    parcel.connection.auth = json::parse_object(auth).value();
  }

  static Outcome of(int status, std::string_view retry_after = "", std::string body = "") {
    http::Answer answer{.status = status, .body = std::move(body)};
    if (!retry_after.empty()) answer.headers.add("Retry-After", std::string(retry_after));
    return outcome_of(answer, noon, {});
  }

  Parcel parcel;
};

TEST_F(InvocationTest, TheSameDeliveryHasTheSameKeyInEveryTry) {
  const auto first = call();
  parcel.delivery.attempts = 5;
  EXPECT_EQ(first.headers.get("Idempotency-Key"), "e-1-7");
  EXPECT_EQ(call().headers.get("Idempotency-Key"), "e-1-7");
}

TEST_F(InvocationTest, FillsTheStarsOfThePathAndNoOthers) {
  parcel.destination.endpoint = "https://h/a/*/b/*/c/*?q=*";
  parcel.delivery.http = R"({"PathParameterValues":["one","$.detail.row"]})";
  EXPECT_EQ(call().url.target, "/a/one/b/a%2Fb/c/*?q=*");
}

TEST_F(InvocationTest, AValueThatIsAPathIsTakenFromTheEvent) {
  parcel.delivery.http = R"({"HeaderParameters":{"X-N":"$.detail.n","X-None":"$.detail.none",
      "X-Text":"$5"},"QueryStringParameters":{"all":"$.detail"}})";
  EXPECT_EQ(call().headers.get("X-N"), "3");
  EXPECT_EQ(call().headers.get("X-None"), "");
  EXPECT_EQ(call().headers.get("X-Text"), "$5");
  EXPECT_EQ(call().url.target, "/x?all=%7B%22row%22%3A%22a%2Fb%22%2C%22n%22%3A3%7D");
}

TEST_F(InvocationTest, TheConnectionsParametersWin) {
  parcel.destination.endpoint = "https://h/x?a=1&b=2";
  parcel.delivery.http =
      R"({"HeaderParameters":{"X-A":"target"},"QueryStringParameters":{"a":"target"}})";
  authorize(R"({"InvocationHttpParameters":{
      "HeaderParameters":[{"Key":"x-a","Value":"connection"}],
      "QueryStringParameters":[{"Key":"a","Value":"connection"}],
      "BodyParameters":[{"Key":"id","Value":"mine"}]}})");
  const auto made = call();
  EXPECT_EQ(made.headers.count("x-a"), 1U);
  EXPECT_EQ(made.headers.get("x-a"), "connection");
  EXPECT_EQ(made.url.target, "/x?b=2&a=connection");
  EXPECT_THAT(made.body, HasSubstr(R"("id":"mine")"));
}

TEST_F(InvocationTest, ABodyWithoutMembersStaysAsItIs) {
  parcel.delivery.input = R"(["list"])";
  authorize(R"({"InvocationHttpParameters":{"BodyParameters":[{"Key":"id","Value":"mine"}]}})");
  EXPECT_EQ(call().body, R"(["list"])");
}

TEST_F(InvocationTest, FieldsOfTheTransportCanNotBeSet) {
  parcel.delivery.http = R"({"HeaderParameters":{"Host":"evil","content-length":"1","TE":"x",
      "User-Agent":"me","Range":"bytes=0-1","Proxy-Authorization":"x"}})";
  authorize(R"({"ApiKeyAuthParameters":{"ApiKeyName":"Transfer-Encoding","ApiKeyValue":"x"}})");
  const auto made = call();
  for (const auto* name :
       {"Host", "Content-Length", "TE", "Proxy-Authorization", "Transfer-Encoding"}) {
    EXPECT_EQ(made.headers.count(name), 0U) << name;
  }
  EXPECT_EQ(made.headers.get("User-Agent"), "Amazon/EventBridge/ApiDestinations");
  EXPECT_EQ(made.headers.get("Range"), "bytes=0-1048575");
}

TEST_F(InvocationTest, AGetHasNoBody) {
  parcel.destination.method = "GET";
  EXPECT_EQ(call().body, "");
}

TEST_F(InvocationTest, TriesAgainWhatMayPass) {
  for (const int status : {401, 407, 409, 429, 500, 503, 599}) {
    EXPECT_EQ(of(status).kind, Outcome::Kind::retry) << status;
  }
  for (const int status : {302, 304, 400, 403, 404, 408, 410, 422}) {
    EXPECT_EQ(of(status).kind, Outcome::Kind::refused) << status;
  }
  for (const int status : {200, 202, 204}) EXPECT_EQ(of(status).kind, Outcome::Kind::done);
}

TEST_F(InvocationTest, ReadsRetryAfterInBothForms) {
  EXPECT_EQ(of(503, "120").not_before, noon.plus(std::chrono::seconds(120)));
  EXPECT_EQ(of(429, http_date(noon.plus(std::chrono::hours(1)))).not_before,
            noon.plus(std::chrono::hours(1)));
  EXPECT_EQ(of(503, "soon").not_before, std::nullopt);
  EXPECT_EQ(of(503).not_before, std::nullopt);
  EXPECT_EQ(of(503, "-1").kind, Outcome::Kind::refused);
  EXPECT_EQ(of(503, "99999999999").not_before, noon.plus(std::chrono::hours(48)));
}

TEST_F(InvocationTest, ShowsTheAnswersBeginningOnOneLine) {
  const auto outcome = of(500, "", "line\r\nwith \x01 " + std::string(10'000, 'x'));
  EXPECT_THAT(outcome.message, HasSubstr("HTTP 500 Internal Server Error: line  with   xxx"));
  EXPECT_LT(outcome.message.size(), 400U);
}

TEST_F(InvocationTest, BlotsSecretsOutOfAnEcho) {
  const std::vector<std::string> secrets{"hunter2", ""};
  http::Answer answer{.status = 500, .body = "you sent hunter2, hunter2"};
  const auto outcome = outcome_of(answer, noon, secrets);
  EXPECT_THAT(outcome.message, EndsWith("you sent ***, ***"));
}

TEST_F(InvocationTest, AnErrorOfOursIsRefusedAndOneOfTheNetworkTriedAgain) {
  const auto refused =
      outcome_of(fail(Errc::access_denied, "INVALID_PARAMETER", "local"), noon, {});
  EXPECT_EQ(refused.kind, Outcome::Kind::refused);
  const auto late = outcome_of(fail(Errc::unavailable, "TIMEOUT", "late"), noon, {});
  EXPECT_EQ(late.kind, Outcome::Kind::retry);
  EXPECT_EQ(late.code, "TIMEOUT");
  EXPECT_THAT(late.message, StartsWith("Unable to invoke ApiDestination endpoint: "));
}

constexpr const char* oauth_text = R"({"OAuthParameters":{
    "ClientParameters":{"ClientID":"me","ClientSecret":"a&b"},
    "AuthorizationEndpoint":"https://id.example.com/token","HttpMethod":"POST",
    "OAuthHttpParameters":{"BodyParameters":[{"Key":"scope","Value":"x y"},
      {"Key":"grant_type","Value":"own"}],
      "HeaderParameters":[{"Key":"X-Tenant","Value":"t"}]}}})";

TEST_F(InvocationTest, AsksForATokenByAForm) {
  authorize(oauth_text);
  const auto made = make_token_call(parcel.connection).value();
  EXPECT_EQ(made.body, "client_id=me&client_secret=a%26b&scope=x%20y&grant_type=own");
  EXPECT_EQ(made.headers.get("X-Tenant"), "t");
}

TEST_F(InvocationTest, AsksByTheQueryWhereThatIsTheMethod) {
  authorize(oauth_text);
  auto& oauth = parcel.connection.auth["OAuthParameters"].get_object();
  oauth["HttpMethod"] = "GET";
  const auto made = make_token_call(parcel.connection).value();
  EXPECT_THAT(made.url.target, HasSubstr("client_secret=a%26b"));
  EXPECT_FALSE(made.headers.find("Content-Type"));
}

TEST_F(InvocationTest, ATokenHoldsUntilAMinuteBeforeItsEnd) {
  authorize(oauth_text);
  parcel.connection.version = 3;
  const http::Answer answer{
      .status = 200, .body = R"({"access_token":"t","token_type":"bearer","expires_in":100})"};
  const auto token = read_token(parcel.connection, answer, noon).value();
  EXPECT_EQ(token.authorization, "Bearer t");
  EXPECT_TRUE(token.holds(parcel.connection, noon.plus(std::chrono::seconds(39))));
  EXPECT_FALSE(token.holds(parcel.connection, noon.plus(std::chrono::seconds(40))));
  parcel.connection.version = 4;
  EXPECT_FALSE(token.holds(parcel.connection, noon)) << "the credentials are others now";
}

TEST_F(InvocationTest, NoTokenIsAnErrorWithoutTheSecret) {
  authorize(oauth_text);
  for (const auto& answer :
       {http::Answer{.status = 400, .body = "bad a&b"}, http::Answer{.status = 200, .body = "{}"},
        http::Answer{.status = 200, .body = "no JSON"}}) {
    const auto token = read_token(parcel.connection, answer, noon);
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().code, Errc::access_denied);
    EXPECT_THAT(token.error().message, Not(HasSubstr("a&b")));
  }
}

}  // namespace
}  // namespace tidemill::events
