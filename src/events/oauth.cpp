#include "events/oauth.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "events/invocation.h"

namespace tidemill::events {
namespace {

using namespace std::chrono_literals;

constexpr auto renewed_before_end = 60'000ms;

const json::object& member(const json::object& parent, std::string_view name) {
  static const json::object none;
  const auto* found = parent.if_contains(name);
  return found != nullptr && found->is_object() ? found->get_object() : none;
}

json::object parameter(std::string_view list, std::string_view key, std::string_view value) {
  return {{list, json::array{json::object{{"Key", key}, {"Value", value}}}}};
}

}  // namespace

bool Token::holds(const Connection& connection, TimeMs now) const {
  return !authorization.empty() && version == connection.version &&
         (!expires || now.plus(renewed_before_end) < *expires);
}

Result<http::Call> make_token_call(const Connection& connection) {
  const auto& oauth = member(connection.auth, "OAuthParameters");
  const auto& client = member(oauth, "ClientParameters");
  http::Call call{.method = std::string(json::text_or_empty(oauth, "HttpMethod"))};
  TM_TRY(call.url, http::Url::parse(json::text_or_empty(oauth, "AuthorizationEndpoint")));
  const bool has_body = call.method != "GET";
  const auto* place = has_body ? "BodyParameters" : "QueryStringParameters";
  if (has_body) call.headers.add("Content-Type", "application/x-www-form-urlencoded");
  call.headers.add("Accept", "application/json");
  add_parameters(call, parameter(place, "grant_type", "client_credentials"), true);
  for (const auto& [field, name] :
       {std::pair("client_id", "ClientID"), std::pair("client_secret", "ClientSecret")}) {
    add_parameters(call, parameter(place, field, json::text_or_empty(client, name)), true);
  }
  add_parameters(call, member(oauth, "OAuthHttpParameters"), true);
  return call;
}

Result<Token> read_token(const Connection& connection, const Result<http::Answer>& answer,
                         TimeMs now) {
  if (!answer) return std::unexpected(answer.error());
  const auto body = json::parse_object(answer->body);
  const auto text = body ? json::text_or_empty(*body, "access_token") : std::string_view();
  if (answer->status / 100 != 2 || text.empty()) {
    const auto secrets = secrets_of(connection.auth);
    const auto said = outcome_of(answer, now, secrets);
    return fail(Errc::access_denied, "NO_PERMISSIONS",
                fmt::format("The authorization endpoint gave no token: {}",
                            said.message.empty() ? "no access_token in its answer" : said.message));
  }
  auto type = json::text_or_empty(*body, "token_type");
  if (type.empty() || iequals(type, "bearer")) type = "Bearer";
  Token token{.authorization = fmt::format("{} {}", type, text), .version = connection.version};
  const auto* lasts = body->if_contains("expires_in");
  if (lasts != nullptr && lasts->is_number()) {
    constexpr double year = 31'536'000;
    token.expires =
        TimeMs{now.ms + std::int64_t(std::min(lasts->to_number<double>(), year) * 1000)};
  }
  return token;
}

}  // namespace tidemill::events
