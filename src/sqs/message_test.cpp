#include "sqs/message.h"

#include <gtest/gtest.h>

#include "sqs/handle.h"
#include "sqs/permission.h"

namespace tidemill::sqs {
namespace {

TEST(Message, md5_of_attributes_as_aws_has_it) {
  // From AWS's own SDK tests' algorithm: name, type, kind and value, each with its length.
  const MessageAttributes attributes{{"timestamp", {"Number", "1493147359900"}}};
  EXPECT_EQ(md5_of(attributes), "235c5c510d26fb653d073faed50ae77c");
  EXPECT_EQ(md5_of({}), "");
}

TEST(Message, attributes_survive_their_row) {
  const MessageAttributes attributes{{"a", {"String", "x\"y"}},
                                     {"b", {"Binary.gif", std::string("\x00\xff", 2)}}};
  EXPECT_EQ(decode_attributes(encode(attributes)), attributes);
  EXPECT_TRUE(decode_attributes(encode({})).empty());
}

TEST(Message, size_counts_names_types_and_values) {
  const Message message{.body = "12345", .attributes = {{"ab", {"String", "xyz"}}}};
  EXPECT_EQ(size_of(message), 5u + 2 + 6 + 3);
}

TEST(Message, what_xml_has_no_place_for_is_refused) {
  EXPECT_TRUE(check_message({.body = "tab\t\r\n \xf0\x9f\x98\x80"}));
  for (const std::string& bad :
       {std::string("a\0b", 3), std::string("\x1b"), std::string("\xef\xbf\xbf")}) {
    EXPECT_FALSE(check_message({.body = bad}));
  }
}

TEST(Message, numbers_are_numbers) {
  for (const auto* fine : {"1", "-2.5", "1e10"}) {
    EXPECT_TRUE(check_message({.body = "x", .attributes = {{"n", {"Number", fine}}}}));
  }
  EXPECT_FALSE(check_message({.body = "x", .attributes = {{"n", {"Number", "ten"}}}}));
  EXPECT_FALSE(check_message({.body = "x", .attributes = {{"n", {"Text", "ten"}}}}));
}

TEST(Handle, is_read_as_it_was_written) {
  const auto handle = parse_handle(text_of({7, 1234567890123456789, 42, 99}));
  ASSERT_TRUE(handle);
  EXPECT_EQ(handle->queue, 7);
  EXPECT_EQ(handle->box, 1234567890123456789);
  EXPECT_EQ(handle->receipt, 99);
  for (const auto* bad : {"", "junk", "dG0xOjE6Mg==", "dG0xOjE6MjozOjQ6NQ=="}) {
    EXPECT_FALSE(parse_handle(bad)) << bad;
  }
}

constexpr const char* arn = "arn:aws:sqs:us-east-1:000000000000:q";

TEST(Permission, is_a_statement_by_its_label) {
  const auto one = add_permission("", arn, {"first", {"111111111111"}, {"ReceiveMessage"}});
  EXPECT_EQ(
      *one,
      R"({"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:000000000000:q/SQSDefaultPolicy",)"
      R"("Statement":[{"Sid":"first","Effect":"Allow","Principal":{"AWS":)"
      R"("arn:aws:iam::111111111111:root"},"Action":"SQS:ReceiveMessage",)"
      R"("Resource":"arn:aws:sqs:us-east-1:000000000000:q"}]})");
  EXPECT_EQ(add_permission(*one, arn, {"first", {"1"}, {"*"}}).error().message,
            "Value first for parameter Label is invalid. Reason: Already exists.");
  const auto two = add_permission(*one, arn, {"second", {"111111111111", "222222222222"}, {"*"}});
  EXPECT_EQ(remove_permission(*two, "second"), *one);
  EXPECT_EQ(remove_permission(*one, "first"), "");
  EXPECT_EQ(remove_permission(*one, "none").error().message,
            "Value none for parameter Label is invalid. Reason: can't find label.");
}

}  // namespace
}  // namespace tidemill::sqs
