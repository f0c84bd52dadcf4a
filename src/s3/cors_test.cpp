#include "s3/cors.h"

#include <gtest/gtest.h>

namespace tidemill::s3 {
namespace {

const Cors cors = Cors::parse(R"({"CORSRule":[
  {"AllowedOrigin":["https://*.example.com"],"AllowedMethod":["GET","PUT"],
   "AllowedHeader":["x-amz-*","Content-Type"],"MaxAgeSeconds":300},
  {"AllowedOrigin":["*"],"AllowedMethod":["HEAD"]}]})")
                      .value();

bool allows(std::string_view origin, std::string_view method,
            std::vector<std::string> headers = {}) {
  return cors.find({origin, method, std::move(headers)}) != nullptr;
}

TEST(Cors, AllowsWhatOneRuleAllowsAltogether) {
  EXPECT_TRUE(allows("https://app.example.com", "GET"));
  EXPECT_TRUE(allows("https://app.example.com", "PUT", {"x-amz-date", "content-type"}));
  EXPECT_FALSE(allows("https://app.example.com", "PUT", {"x-amz-date", "authorization"}));
  EXPECT_FALSE(allows("https://app.example.com", "DELETE"));
  EXPECT_FALSE(allows("http://app.example.com", "GET"));
  EXPECT_TRUE(allows("http://anywhere", "HEAD"));
  EXPECT_FALSE(allows("http://anywhere", "HEAD", {"x-amz-date"})) << "no header is allowed";
}

TEST(Cors, ComparesOriginsWithTheirCase) { EXPECT_FALSE(allows("HTTPS://app.example.com", "GET")); }

}  // namespace
}  // namespace tidemill::s3
