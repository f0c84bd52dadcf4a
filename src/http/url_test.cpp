#include "http/url.h"

#include <gtest/gtest.h>

namespace tidemill::http {
namespace {

TEST(Url, HasTheSchemesPortAndARootPathWhereItNamesNone) {
  const auto url = Url::parse("https://Hooks.Example.com").value();
  EXPECT_TRUE(url.is_tls);
  EXPECT_EQ(url.host, "hooks.example.com");
  EXPECT_EQ(url.port, 443);
  EXPECT_EQ(url.target, "/");
  EXPECT_EQ(url.authority(), "hooks.example.com");
  EXPECT_EQ(Url::parse("http://h?x=1")->target, "/?x=1");
  EXPECT_EQ(Url::parse("http://h")->port, 80);
}

TEST(Url, KeepsPathAndQueryAsGiven) {
  const auto url = Url::parse("http://10.1.2.3:8080/a%2Fb/*?q=%20&r").value();
  EXPECT_EQ(url.target, "/a%2Fb/*?q=%20&r");
  EXPECT_EQ(url.origin(), "http://10.1.2.3:8080");
}

TEST(Url, TakesAddressesInBrackets) {
  const auto url = Url::parse("https://[2001:DB8::1]:8443/x").value();
  EXPECT_EQ(url.host, "2001:db8::1");
  EXPECT_EQ(url.authority(), "[2001:db8::1]:8443");
}

TEST(Url, RefusesWhatIsNoPlainHttpAddress) {
  for (const auto* text : {"", "ftp://h/", "//h/", "h/path", "https://", "https:///x",
                           "https://u:p@h/", "https://h/#f", "https://h:0/", "https://h:65536/",
                           "https://h:8x/", "https://h/a b", "https://h/\r\nx: y", "https://[::1",
                           "https://[h]/", "https://h%00/", "https://\xc3\xa9/", "https://a\\b/"}) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().code, Errc::invalid_argument);
  }
}

}  // namespace
}  // namespace tidemill::http
