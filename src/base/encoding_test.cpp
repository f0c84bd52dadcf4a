#include "base/encoding.h"

#include <gtest/gtest.h>

#include "base/arn.h"
#include "base/json.h"
#include "base/time.h"

namespace tidemill {
namespace {

TEST(Base64, RoundTripsEveryLength) {
  for (const std::string text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
    EXPECT_EQ(from_base64(to_base64(text)), text);
  }
  EXPECT_EQ(to_base64("fooba"), "Zm9vYmE=");
  EXPECT_FALSE(from_base64("Zm9vYmE"));
  EXPECT_FALSE(from_base64("Zm9v!mE="));
}

TEST(PercentEncoding, KeepsPlusInPathsAndTurnsItIntoABlankInForms) {
  EXPECT_EQ(percent_encode("k k+\xc3\xbc/a.csv", true), "k%20k%2B%C3%BC/a.csv");
  EXPECT_EQ(percent_decode("k%20k+%C3%BC", false), "k k+\xc3\xbc");
  EXPECT_EQ(percent_decode("a+b%2B", true), "a b+");
  EXPECT_FALSE(percent_decode("100%", false));
}

TEST(Xml, EscapesWhatXmlCannotCarry) {
  EXPECT_EQ(xml_escape("<a&\"\x01>"), "&lt;a&amp;&quot;&#x1;&gt;");
}

TEST(Time, WritesAndReadsTheFormsOfAws) {
  const TimeMs t{1705311015250};
  EXPECT_EQ(iso_seconds(t), "2024-01-15T09:30:15Z");
  EXPECT_EQ(iso_millis(t), "2024-01-15T09:30:15.250Z");
  EXPECT_EQ(http_date(t), "Mon, 15 Jan 2024 09:30:15 GMT");
  EXPECT_EQ(amz_date(t), "20240115T093015Z");
  EXPECT_EQ(parse_iso("2024-01-15T09:30:15.25Z"), t);
  EXPECT_EQ(parse_iso("2024-01-15T11:30:15.25+02:00"), t);
  EXPECT_EQ(parse_http_date("Mon, 15 Jan 2024 09:30:15 GMT"), TimeMs{1705311015000});
  EXPECT_EQ(parse_amz_date("20240115T093015Z"), TimeMs{1705311015000});
  EXPECT_FALSE(parse_iso("2024-02-30T00:00:00Z"));
  EXPECT_FALSE(parse_amz_date("20240115"));
}

TEST(Arn, KeepsColonsOfTheResource) {
  const auto arn = Arn::parse("arn:aws:logs:us-east-1:000000000000:log-group:/aws/x:*");
  ASSERT_TRUE(arn);
  EXPECT_EQ(arn->resource, "log-group:/aws/x:*");
  EXPECT_EQ(arn->text(), "arn:aws:logs:us-east-1:000000000000:log-group:/aws/x:*");
  EXPECT_FALSE(Arn::parse("arn:aws:s3"));
}

TEST(Json, RefusesTrailingTextAndKeepsTheLastOfRepeatedKeys) {
  EXPECT_FALSE(json::parse("{} x"));
  EXPECT_FALSE(json::parse("{"));
  EXPECT_EQ(json::dump(json::parse(R"({"a":1,"a":2})").value()), R"({"a":2})");
}

}  // namespace
}  // namespace tidemill
