#include "wire/sigv4.h"

#include <gtest/gtest.h>

#include "wire/authenticate_testing.h"
#include "wire/sigv4_claim.h"
#include "wire/sigv4_vectors.h"

namespace tidemill::wire {
namespace {

using namespace std::chrono_literals;
using namespace testing;

http::Request request_of(const SignedVector& vector) {
  http::Request request;
  request.method = vector.method;
  set_target(request, vector.target);
  for (const auto& [name, value] : vector.headers) {
    request.headers.add(std::string(name), std::string(value));
  }
  return request;
}

struct Fixture {
  SetClock clock{example_time};
  OneKey keyring;
  std::unique_ptr<Authenticator> authenticator =
      make_authenticator(keyring, clock, AuthenticatorOptions{});

  Outcome run(http::Request request, std::string body) {
    PiecewiseBody input(std::move(body), 7);
    request.body = &input;
    return attempt(*authenticator, request);
  }
};

TEST(SigV4, TakesWhatBotocoreSigns) {
  Fixture fixture;
  for (const auto& vector : signed_vectors()) {
    const Outcome outcome = fixture.run(request_of(vector), std::string(vector.body));
    EXPECT_EQ(outcome.error, "") << vector.name << ": " << outcome.why.message;
    EXPECT_EQ(outcome.body, vector.body) << vector.name;
    EXPECT_EQ(outcome.caller.arn, "arn:aws:iam::123456789012:user/ann");
    const bool version2 = vector.name.starts_with("s3-v2");
    EXPECT_EQ(outcome.service == "s3", vector.name.starts_with("s3-")) << vector.name;
    EXPECT_EQ(outcome.region, "us-east-1");
    EXPECT_EQ(outcome.caller.conditions.contains("s3:authtype"), vector.name.starts_with("s3-"));
    if (version2) {
      EXPECT_EQ(outcome.caller.conditions.at("s3:signatureversion"), "AWS");
    }
  }
}

/// Version 2 does not sign everything in the query: copies of header fields, mostly.
bool is_unsigned_v2(const http::Request& a, const http::Request& b) {
  const QueryItems before = query_items(a.query);
  const QueryItems after = query_items(b.query);
  return string_to_sign_v2(a, before, "") == string_to_sign_v2(b, after, "") &&
         find_item(before, "Signature") == find_item(after, "Signature") &&
         find_item(before, "AWSAccessKeyId") == find_item(after, "AWSAccessKeyId");
}

/// Every byte of what is signed, changed, one at a time.
std::vector<std::pair<http::Request, std::string>> mutations(const SignedVector& vector) {
  std::vector<std::pair<http::Request, std::string>> all;
  const auto flip = [](std::string text, std::size_t at) {
    text[at] = static_cast<char>(text[at] ^ 1);
    return text;
  };
  const http::Request good = request_of(vector);
  const std::string body(vector.body);
  for (std::size_t i = 0; i < good.method.size(); ++i) {
    all.emplace_back(good, body).first.method = flip(good.method, i);
  }
  for (std::size_t i = 1; i < good.target.size(); ++i) {
    auto& changed = all.emplace_back(good, body).first;
    set_target(changed, flip(good.target, i));
    // "/./" and "///" are the same by the rules of normalisation.
    if (!vector.name.starts_with("s3-") && changed.query == good.query &&
        canonical_path(changed.path, "x") == canonical_path(good.path, "x")) {
      all.pop_back();
    } else if (vector.name.starts_with("s3-v2") && is_unsigned_v2(good, changed)) {
      all.pop_back();
    }
  }
  for (std::size_t field = 0; field < good.headers.fields().size(); ++field) {
    const auto& [name, value] = good.headers.fields()[field];
    // Not part of version 2's signature.
    if (vector.name.starts_with("s3-v2") && name == "Host") continue;
    for (std::size_t i = 0; i < name.size() + value.size(); ++i) {
      http::Request changed = good;
      changed.headers.clear();
      for (std::size_t k = 0; k < good.headers.fields().size(); ++k) {
        auto [n, v] = good.headers.fields()[k];
        if (k == field)
          (i < name.size() ? n : v) = i < name.size() ? flip(n, i) : flip(v, i - name.size());
        changed.headers.add(n, v);
      }
      // A field that moves from the head to the query's copy means the same.
      if (vector.name.starts_with("s3-v2") && is_unsigned_v2(good, changed)) continue;
      all.emplace_back(std::move(changed), body);
    }
  }
  for (std::size_t i = 0; i < body.size(); ++i) all.emplace_back(good, flip(body, i));
  return all;
}

TEST(SigV4, TakesNoRequestWithAByteChanged) {
  Fixture fixture;
  std::size_t tried = 0;
  for (const auto& vector : signed_vectors()) {
    for (auto& [request, body] : mutations(vector)) {
      ++tried;
      const Outcome outcome = fixture.run(request, body);
      std::string text = fmt::format("{}: {} {}", vector.name, request.method, request.target);
      for (const auto& [name, value] : request.headers.fields()) text += "\n" + name + ": " + value;
      // Without its Authorization a request is nobody's, and the policies' matter.
      const bool nobody = outcome.caller.kind == Caller::Kind::anonymous;
      ASSERT_TRUE(!outcome.error.empty() || nobody) << text << "\n" << body;
    }
  }
  EXPECT_GT(tried, 5000U);
}

SigningKey client_key(std::string service) {
  return {std::string(example_key), Secret(std::string(example_secret)), "", "eu-west-1",
          std::move(service)};
}

http::Request to_request(const SigningRequest& made) {
  http::Request request;
  request.method = made.method;
  set_target(request, made.query.empty() ? made.path : made.path + "?" + made.query);
  request.headers = made.headers;
  return request;
}

SigningRequest plain(std::string path = "/bucket/key") {
  SigningRequest request;
  request.path = std::move(path);
  request.headers.add("Host", "localhost:4566");
  return request;
}

TEST(SigV4, SignsAsItVerifies) {
  Fixture fixture;
  for (const std::string service : {"s3", "events", "tidemill"}) {
    SigningRequest request = plain("/a%20b//c");
    request.method = "POST";
    request.query = "b=2&a=x%2By";
    request.body = "{}";
    SigningRequest presigned = request;
    sign(request, client_key(service), example_time);
    const Outcome outcome = fixture.run(to_request(request), request.body);
    EXPECT_EQ(outcome.error, "") << outcome.why.message;
    EXPECT_EQ(outcome.region, "eu-west-1");
    EXPECT_EQ(outcome.service, service);
    presigned.query = presign(presigned, client_key(service), example_time, 60s);
    EXPECT_EQ(fixture.run(to_request(presigned), presigned.body).error, "");
  }
}

TEST(SigV4, ABlankInAQueryMayBeAPlusButAPlusIsNoBlank) {
  EXPECT_EQ(canonical_query("a+b=1"), canonical_query("a%20b=1"));
  EXPECT_NE(canonical_query("a%2Bb=1"), canonical_query("a+b=1"));
  EXPECT_EQ(canonical_query("b&a=2&a=1&"), "a=1&a=2&b=");
  EXPECT_EQ(canonical_query("p=a/b:c"), "p=a%2Fb%3Ac");
}

Outcome signed_at(Fixture& fixture, const std::string& service, TimeMs time) {
  SigningRequest request = plain();
  sign(request, client_key(service), time);
  return fixture.run(to_request(request), "");
}

TEST(SigV4, RefusesClocksThatAreOff) {
  Fixture fixture;
  EXPECT_EQ(signed_at(fixture, "s3", example_time.plus(15min)).error, "");
  EXPECT_EQ(signed_at(fixture, "s3", example_time.plus(-15min)).error, "");
  for (const auto off : {16min, -16min}) {
    const Outcome outcome = signed_at(fixture, "s3", example_time.plus(off));
    EXPECT_EQ(outcome.error, "RequestTimeTooSkewed");
    EXPECT_EQ(http_status(outcome.why), 403);
    EXPECT_EQ(outcome.why.details.at(2).second, "900000");
  }
  const Outcome late = signed_at(fixture, "events", example_time.plus(-16min));
  EXPECT_EQ(late.error, "InvalidSignatureException");
  EXPECT_EQ(late.why.message,
            "Signature expired: 20150830T122000Z is now earlier than 20150830T122100Z "
            "(20150830T123600Z - 15 min.)");
}

TEST(SigV4, LimitsPresignedUrls) {
  Fixture fixture;
  const auto url = [&](std::chrono::seconds valid, TimeMs made) {
    SigningRequest request = plain();
    request.query = presign(request, client_key("s3"), made, valid);
    return fixture.run(to_request(request), "");
  };
  EXPECT_EQ(url(604'800s, example_time.plus(-604'800s)).error, "");
  EXPECT_EQ(url(604'801s, example_time).error, "AuthorizationQueryParametersError");
  EXPECT_EQ(url(-1s, example_time).error, "AuthorizationQueryParametersError");
  const Outcome expired = url(60s, example_time.plus(-61s));
  EXPECT_EQ(expired.error, "AccessDenied");
  EXPECT_EQ(expired.why.message, "Request has expired");
  EXPECT_EQ(expired.why.details.at(0),
            (std::pair<std::string, std::string>("X-Amz-Expires", "60")));
  EXPECT_EQ(url(3600s, example_time.plus(16min)).why.message, "Request is not valid yet");

  SigningRequest request = plain();
  request.query = "X-Amz-Signature=ab";
  EXPECT_EQ(fixture.run(to_request(request), "").error, "AuthorizationQueryParametersError");
  request.query = "AWSAccessKeyId=ab";
  EXPECT_EQ(fixture.run(to_request(request), "").why.message,
            "Query-string authentication requires the Signature, Expires and AWSAccessKeyId "
            "parameters");
  fixture.clock.at = example_time.plus(2h);
  for (const auto& vector : signed_vectors()) {
    if (vector.name != "s3-v2-get") continue;
    EXPECT_EQ(fixture.run(request_of(vector), "").why.message, "Request has expired");
  }
}

TEST(SigV4, AnswersInTheWordsOfTheService) {
  Fixture fixture;
  struct Case {
    std::string service, unknown, mismatch;
    int status;
  };
  for (const Case& c :
       {Case{"s3", "InvalidAccessKeyId", "SignatureDoesNotMatch", 403},
        Case{"sts", "InvalidClientTokenId", "SignatureDoesNotMatch", 403},
        Case{"glue", "UnrecognizedClientException", "InvalidSignatureException", 400}}) {
    SigningKey key = client_key(c.service);
    key.secret_access_key = Secret("wrong");
    SigningRequest request = plain();
    sign(request, key, example_time);
    const Outcome wrong = fixture.run(to_request(request), "");
    EXPECT_EQ(wrong.error, c.mismatch);
    EXPECT_EQ(http_status(wrong.why), c.status);
    EXPECT_EQ(wrong.why.details.size(), c.service == "s3" ? 6U : 0U);
    key.access_key_id = "AKIDOTHER";
    sign(request, key, example_time);
    const Outcome unknown = fixture.run(to_request(request), "");
    EXPECT_EQ(unknown.error, c.unknown);
    EXPECT_EQ(http_status(unknown.why), c.status);
  }
}

TEST(SigV4, ChecksSessionTokens) {
  Fixture fixture;
  const auto with_token = [&](std::string service, std::string token) {
    SigningKey key = client_key(std::move(service));
    key.session_token = std::move(token);
    SigningRequest request = plain();
    sign(request, key, example_time);
    return fixture.run(to_request(request), "").error;
  };
  EXPECT_EQ(with_token("s3", std::string(example_token)), "");
  EXPECT_EQ(with_token("s3", "x"), "InvalidToken");
  EXPECT_EQ(with_token("s3", "EXPIRED"), "ExpiredToken");
  EXPECT_EQ(with_token("glue", "x"), "UnrecognizedClientException");
  EXPECT_EQ(with_token("glue", "EXPIRED"), "ExpiredTokenException");
  EXPECT_EQ(with_token("iam", "EXPIRED"), "ExpiredToken");
}

TEST(SigV4, WantsHostAndAmazonFieldsSigned) {
  Fixture fixture;
  SigningRequest request = plain();
  sign(request, client_key("s3"), example_time);
  http::Request more = to_request(request);
  more.headers.add("x-amz-meta-wrong", "1");
  more.headers.add("x-amz-user-agent", "1");
  const Outcome outcome = fixture.run(more, "");
  EXPECT_EQ(outcome.error, "AccessDenied");
  EXPECT_EQ(outcome.why.message, "There were headers present in the request which were not signed");
  EXPECT_EQ(outcome.why.details.at(0).second, "x-amz-meta-wrong, x-amz-user-agent");

  SigningRequest no_host = plain();
  no_host.headers.clear();
  sign(no_host, client_key("s3"), example_time);
  http::Request bare = to_request(no_host);
  bare.headers.add("Host", "elsewhere");
  EXPECT_EQ(fixture.run(bare, "").why.details.at(0).second, "host");
}

TEST(SigV4, RefusesContradictions) {
  Fixture fixture;
  SigningRequest request = plain();
  sign(request, client_key("s3"), example_time);
  const http::Request good = to_request(request);
  const std::string header(good.headers.get("Authorization"));
  const auto changed = [&](std::string name, std::string value) {
    http::Request other = good;
    other.headers.set(name, std::move(value));
    return fixture.run(other, "").error;
  };
  EXPECT_EQ(changed("Authorization", "AWS AKIDEXAMPLE:c2ln"), "InvalidRequest");
  EXPECT_EQ(changed("Authorization", "Bearer x"), "InvalidRequest");
  EXPECT_EQ(changed("Authorization", "AWS4-HMAC-SHA256 Credential=a"),
            "AuthorizationHeaderMalformed");
  EXPECT_EQ(changed("Authorization", header + ", Signature=ab"), "AuthorizationHeaderMalformed");
  EXPECT_EQ(changed("X-Amz-Date", "20150831T000000Z"), "AuthorizationHeaderMalformed");
  EXPECT_EQ(changed("X-Amz-Date", "yesterday"), "AccessDenied");
  EXPECT_EQ(changed("x-amz-content-sha256", "abc"), "SignatureDoesNotMatch");

  http::Request twice = good;
  twice.headers.add("Authorization", header);
  EXPECT_EQ(fixture.run(twice, "").error, "AuthorizationHeaderMalformed");
  http::Request mixed = good;
  set_target(mixed, "/bucket/key?X-Amz-Algorithm=AWS4-HMAC-SHA256");
  EXPECT_EQ(fixture.run(mixed, "").error, "InvalidArgument");
  http::Request no_hash = good;
  no_hash.headers.remove("x-amz-content-sha256");
  EXPECT_EQ(fixture.run(no_hash, "").error, "InvalidRequest");
}

TEST(Authenticator, LetsTheAnonymousOnlyAskS3) {
  Fixture fixture;
  http::Request request = to_request(plain());
  request.method = "GET";
  const Outcome s3 = fixture.run(request, "");
  EXPECT_EQ(s3.error, "");
  EXPECT_EQ(s3.service, "s3");
  EXPECT_EQ(s3.caller.kind, Caller::Kind::anonymous);
  request.headers.add("X-Amz-Target", "AWSEvents.ListRules");
  EXPECT_EQ(fixture.run(request, "").error, "MissingAuthenticationTokenException");
  http::Request form = to_request(plain("/"));
  form.method = "POST";
  form.headers.add("Content-Type", "application/x-www-form-urlencoded");
  const Outcome sts = fixture.run(form, "Action=GetCallerIdentity");
  EXPECT_EQ(sts.error, "MissingAuthenticationToken");
  EXPECT_EQ(http_status(sts.why), 403);
}

TEST(Authenticator, TakesAnyoneInTestMode) {
  Fixture fixture;
  fixture.authenticator = make_authenticator(fixture.keyring, fixture.clock,
                                             {.test_mode = true, .region = "eu-central-1"});
  SigningKey key = client_key("s3");
  key.access_key_id = "111122223333";
  SigningRequest request = plain();
  sign(request, key, TimeMs{0});
  EXPECT_EQ(fixture.run(to_request(request), "").caller.arn, "arn:aws:iam::111122223333:root");
  key.access_key_id = "test";
  sign(request, key, TimeMs{0});
  EXPECT_EQ(fixture.run(to_request(request), "").caller.scope.account, "000000000000");
  const Outcome nobody = fixture.run(to_request(plain()), "");
  EXPECT_EQ(nobody.caller.kind, Caller::Kind::root);
  EXPECT_EQ(nobody.region, "eu-central-1");
  sign(request, client_key("s3"), TimeMs{0});
  EXPECT_EQ(fixture.run(to_request(request), "").caller.arn, "arn:aws:iam::123456789012:user/ann");
}

TEST(Authenticator, MovesHoistedParametersIntoTheHeaders) {
  Fixture fixture;
  SigningRequest made = plain();
  made.query = "x-amz-meta-color=red&x-amz-storage-class=STANDARD";
  made.query = presign(made, client_key("s3"), example_time, 60s);
  http::Request request = to_request(made);
  http::TextBody body{""};
  request.body = &body;
  EXPECT_EQ(attempt(*fixture.authenticator, request).error, "");
  EXPECT_EQ(request.headers.get("x-amz-meta-color"), "red");
  EXPECT_EQ(request.headers.get("x-amz-storage-class"), "STANDARD");
  EXPECT_FALSE(request.headers.find("x-amz-signature"));
}

}  // namespace
}  // namespace tidemill::wire
