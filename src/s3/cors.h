/// The CORS rules of buckets: which scripts of other origins a browser lets read what. They guard
/// browsers' users, not the bucket: every request but a preflight is authenticated as ever.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "s3/parsed_setting.h"
#include "wire/cors.h"

namespace tidemill::s3 {

struct CorsRule {
  std::vector<std::string> origins, methods, headers, exposed;
  std::optional<std::int64_t> max_age_s;
};

/// What a browser says that a script wants.
struct CorsQuestion {
  std::string_view origin, method;
  std::vector<std::string> headers;  ///< Lower case.
};

/// A bucket's rules.
struct Cors {
  std::vector<CorsRule> rules;

  static Result<Cors> parse(std::string_view text);
  /// The first that allows it all, or nullptr.
  [[nodiscard]] const CorsRule* find(const CorsQuestion& question) const;
};

constexpr std::string_view cors_setting = "cors";

class BucketCors final : public wire::CrossOrigin {
 public:
  /// `rules` of all buckets; outlive it.
  explicit BucketCors(const ParsedSetting<Cors>& rules) : rules_(rules) {}

  [[nodiscard]] Result<http::Headers> preflight(std::string_view bucket,
                                                const http::Request& request) const override;
  void let_read(std::string_view bucket, const http::Request& request,
                http::Headers& answer) const override;

 private:
  const ParsedSetting<Cors>& rules_;
};

}  // namespace tidemill::s3
