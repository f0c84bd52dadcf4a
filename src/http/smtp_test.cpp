#include "http/smtp.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace tidemill::http {
namespace {

constexpr TimeMs noon{1'705'320'000'000};

TEST(MailText, is_plain_where_it_can_be) {
  const Mail mail{.id = "7", .to = "a@b", .sender_name = "Ops \"1\"", .subject = "s", .text = "hi"};
  EXPECT_EQ(mail_text(mail, "c@d", noon),
            "From: \"Ops \\\"1\\\"\" <c@d>\r\nTo: a@b\r\nSubject: s\r\n"
            "Date: Mon, 15 Jan 2024 12:00:00 +0000\r\nMessage-ID: <7@tidemill>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=UTF-8\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\naGk=\r\n");
}

TEST(MailText, lets_no_text_become_a_header) {
  const Mail mail{.id = "7", .to = "a@b", .subject = "s\r\nBcc: x@y", .text = "\r\n.\r\nQUIT\r\n"};
  const auto text = mail_text(mail, "c@d", noon);
  EXPECT_EQ(text.find("Bcc"), text.npos);
  EXPECT_EQ(text.find("\n."), text.npos);
  EXPECT_NE(text.find("Subject: =?UTF-8?B?"), text.npos);
}

TEST(MailText, cuts_no_character_in_two) {
  std::string subject;
  for (int i = 0; i < 40; ++i) subject += "ü";
  const Mail mail{.id = "7", .to = "a@b", .subject = subject, .text = ""};
  const auto text = mail_text(mail, "c@d", noon);
  std::size_t words = 0;
  for (auto at = text.find("?B?"); at != text.npos; at = text.find("?B?", at + 1)) {
    const auto word = text.substr(at + 3, text.find("?=", at) - at - 3);
    EXPECT_TRUE(is_utf8(from_base64(word).value())) << word;
    ++words;
  }
  EXPECT_EQ(words, 2u);
}

}  // namespace
}  // namespace tidemill::http
