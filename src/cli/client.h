/// How the commands reach the running server: one signed request, blocking.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"

namespace tidemill::cli {

/// Where the server is and whose key signs.
struct Connection {
  std::string endpoint;  ///< "http://127.0.0.1:4566"
  std::string region;
  std::string access_key_id;
  Secret secret_access_key;
  std::string session_token;
};

/// From AWS_ENDPOINT_URL and the AWS keys in the environment, or, where `data` is not empty or the
/// environment says nothing, from DIR/server.json and DIR/credentials.
[[nodiscard]] Result<Connection> find_server(const std::string& data);

/// POST `body` to `target`, as get_json.
[[nodiscard]] Result<json::value> post_json(const Connection& connection, std::string_view target,
                                            const json::value& body);
/// Any method, the body as it is sent; as get_json.
[[nodiscard]] Result<json::value> ask_json(const Connection& connection, std::string_view method,
                                           std::string_view target, std::string_view body = "");

/// GET `target` (path and query, encoded) and its answer's JSON. Fails with what the server says.
[[nodiscard]] Result<json::value> get_json(const Connection& connection, std::string_view target);

}  // namespace tidemill::cli
