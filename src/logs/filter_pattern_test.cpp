#include "logs/filter_pattern.h"

#include <gtest/gtest.h>

namespace tidemill::logs {
namespace {

struct Case {
  const char* pattern;
  const char* message;
  bool matches;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.pattern << " on " << c.message; }

class FilterPatternCase : public testing::TestWithParam<Case> {};

TEST_P(FilterPatternCase, MatchesAsDocumented) {
  const auto pattern = FilterPattern::compile(GetParam().pattern);
  ASSERT_TRUE(pattern) << pattern.error().message << ": " << pattern.error().hint;
  EXPECT_EQ(pattern->matches(GetParam().message), GetParam().matches);
}

constexpr Case terms[] = {
    {"", "anything", true},
    {"  ", "", true},
    {"ERROR", "[ERROR 400] no such page", true},
    {"ERROR", "UNERRORED", true},
    {"ERROR", "[error 400] no such page", false},
    {"disk full", "the disk is nearly full", true},
    {"disk full", "the disk is fine", false},
    {"\"disk full\"", "the disk full again", true},
    {"\"disk full\"", "disk is full", false},
    {"\"disk\" \"full\"", "full disk", true},
    {"?WARN ?ERROR", "WARN low", true},
    {"?WARN ?ERROR", "ERROR high", true},
    {"?WARN ?ERROR", "INFO none", false},
    {"?\"two words\" ?x", "here two words are", true},
    {"?WARN ERROR", "ERROR alone", true},
    {"?WARN ERROR", "WARN alone", false},
    {"?WARN -DEBUG", "INFO", true},
    {"ERROR -retried", "ERROR lost", true},
    {"ERROR -retried", "ERROR retried", false},
    {"ERROR -\"was retried\"", "ERROR was retried", false},
    {"\"ERROR\" - \"Exiting\"", "Exiting with ERRORCODE: -1", false},
    {"\"ERROR\" - \"Exiting\"", "[ERROR] fatal", true},
    {"-DEBUG", "INFO", true},
    {"-DEBUG", "DEBUG", false},
    {"\"say \\\"hi\\\"\"", "they say \"hi\" twice", true},
    {"\"a\\\\b\"", "a\\b", true},
    {"%AUTHORIZED%", "UNAUTHORIZED REQUEST", true},
    {"%colou?r%", "which color", true},
    {"%^a.*z$%", "a to z", true},
    {"%^a.*z$%", "to a or z", false},
    {"%10\\.0\\.[0-9]{1,3}\\.1%", "from 10.0.17.1 port", true},
    {"%10\\.0\\.[0-9]{1,3}\\.1%", "from 10x0.17.1 port", false},
    {"%\\x28x\\x29%", "f(x)", true},
    {"-%warn|WARN%", "a WARN", false},
};

constexpr char record[] = R"({"eventType": "UpdateTrail", "sourceIPAddress": "111.111.111.111",
  "arrayKey": ["value", "another value"], "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
  "SomeObject": null, "ThisFlag": true, "OtherFlag": false, "latency": 512.25, "errorCode": 400,
  "status": "404", "big": 9007199254740993, "tiny": 0.1, "my-key_1": "k",
  "user": {"id": 1, "email": "ann@example.com"}, "coordinates": [[0, 1, 2], [4, 5, 6]], "neg": -3})";

constexpr Case selectors[] = {
    {"{ $.eventType = \"UpdateTrail\" }", record, true},
    {"{$.eventType=UpdateTrail}", record, true},
    {"{ $.eventType = \"updatetrail\" }", record, false},
    {"{ $.eventType = Update* }", record, true},
    {"{ $.eventType = *Trail }", record, true},
    {"{ $.eventType = *dateTr* }", record, true},
    {"{ $.eventType = *Date* }", record, false},
    {"{ $.eventType = Up*Trail }", record, false},
    {"{ $.eventType = \"*\" }", record, true},
    {"{ $.eventType = %Tra[ij]l% }", record, true},
    {"{ $.eventType != %Tra[ij]l% }", record, false},
    {"{ $.sourceIPAddress != 123.123.* }", record, true},
    {"{ $.sourceIPAddress != 111.111.* }", record, false},
    {"{ $.arrayKey[0] = \"value\" }", record, true},
    {"{ $.arrayKey[1] = \"another value\" }", record, true},
    {"{ $.arrayKey[2] = * }", record, false},
    {"{ $.arrayKey = value }", record, false},
    {"{ $.arrayKey != value }", record, false},
    {"{ $.objectList[1].id = 2 }", record, true},
    {"{ $.objectList[0].id = 2 }", record, false},
    {"{ $.eventType[0] = U }", record, false},
    {"{ $.coordinates[1][2] = 6 }", record, true},
    {"{ $.SomeObject IS NULL }", record, true},
    {"{ $.eventType IS NULL }", record, false},
    {"{ $.Missing IS NULL }", record, false},
    {"{ $.Missing NOT EXISTS }", record, true},
    {"{ $.SomeObject NOT EXISTS }", record, false},
    {"{ $.user.name NOT EXISTS }", record, true},
    {"{ $.ThisFlag IS TRUE }", record, true},
    {"{ $.ThisFlag IS FALSE }", record, false},
    {"{ $.OtherFlag IS FALSE }", record, true},
    {"{ $.eventType IS TRUE }", record, false},
    {"{ $.Missing != x }", record, false},
    {"{ $.SomeObject != x }", record, false},
    {"{ $.latency >= 500 }", record, true},
    {"{ $.latency < 10e-3 }", record, false},
    {"{ $.latency < 10e3 }", record, true},
    {"{ $.latency <= 512.25 }", record, true},
    {"{ $.latency > +1000 }", record, false},
    {"{ $.latency = 512.250 }", record, true},
    {"{ $.errorCode = 400 }", record, true},
    {"{ $.errorCode = 4* }", record, true},
    {"{ $.errorCode != 500 }", record, true},
    {"{ $.errorCode = \"400\" }", record, true},
    {"{ $.status = 404 }", record, true},
    {"{ $.status > 400 }", record, false},
    {"{ $.big = 9007199254740993 }", record, true},
    {"{ $.big = 9007199254740992 }", record, false},
    {"{ $.tiny = 0.1 }", record, true},
    {"{ $.neg < -2.5 }", record, true},
    {"{ $.my-key_1 = k }", record, true},
    {"{ ($.user.id = 1) && ($.user.email = \"ann@example.com\") }", record, true},
    {"{ ($.user.id = 2 && $.errorCode = 400) || $.eventType = x }", record, false},
    {"{ $.user.id = 1 || $.eventType = x && $.status = y }", record, true},
    {"{ ($.user.id = 1 || $.eventType = x) && $.status = y }", record, false},
    {"{ (($.user.id = 1)) }", record, true},
    {"{ $.a = 1 }", "not JSON", false},
    {"{ $.a = 1 }", "[{\"a\": 1}]", false},
    {"{ $.a = 1 }", "{\"a\": 1} and more", false},
    {"{ $.a != 1 }", "{\"a\": ", false},
    {"{ $.a = 1 }", " {\"a\": 1}\n", true},
};

constexpr char access_line[] =
    "127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] \"GET /index.html HTTP/1.0\" 404 1534";

constexpr Case fields[] = {
    {"[ip, user, username, timestamp, request, status_code, bytes]", access_line, true},
    {"[ip, user, username, timestamp, request, status_code]", access_line, false},
    {"[ip, user, username, timestamp, request, status_code, bytes > 1000]", access_line, true},
    {"[ip, user, username, timestamp, request, status_code, bytes > 2000]", access_line, false},
    {"[ip, user, username, timestamp, request, status_code = 404, bytes]", access_line, true},
    {"[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", access_line,
     true},
    {"[ip, user, username, timestamp, request, status_code = 5*, bytes]", access_line, false},
    {"[..., status_code, bytes]", access_line, true},
    {"[..., status_code = 4*, bytes < 2000]", access_line, true},
    {"[..., status_code = 5*, bytes]", access_line, false},
    {"[ip, user, ..., status_code, bytes = 1534]", access_line, true},
    {"[ip = 127.0.0.1, ...]", access_line, true},
    {"[ip != 127.*, ...]", access_line, false},
    {"[...]", "", true},
    {"[a, b, ..., c]", "one two", false},
    {"[a, b, ..., c = two]", "zero one two", true},
    {"[..., request=*.html*, status_code=4*,]", access_line, true},
    {"[ip, user, username, timestamp = 10/Oct*, ...]", access_line, true},
    {"[..., code = 4* && code != 403, bytes]", access_line, true},
    {"[..., code = 4* && code != 404, bytes]", access_line, false},
    {"[w1=ERROR, w2]", "ERROR message", true},
    {"[w1=ERROR, w2]", "ERROR WARN message", false},
    {"[w1=ERROR || w1=WARN, w2]", "WARN message", true},
    {"[w1!=ERROR&&w1!=WARN, w2]", "INFO message", true},
    {"[w1=!ERROR&&w1=!WARN, w2]", "WARN message", false},
    {"[w1=%E+R%, w2]", "XEEERX y", true},
    {"[w1 = \"two words\"]", "\"two words\"", true},
    {"[w1 = \"x\", w2]", "[x]y", true},
    {"[a, b]", "[open \"too", true},
};

INSTANTIATE_TEST_SUITE_P(Terms, FilterPatternCase, testing::ValuesIn(terms));
INSTANTIATE_TEST_SUITE_P(Selectors, FilterPatternCase, testing::ValuesIn(selectors));
INSTANTIATE_TEST_SUITE_P(Fields, FilterPatternCase, testing::ValuesIn(fields));

struct Refusal {
  const char* pattern;
  const char* message;
};

class FilterPatternRefusal : public testing::TestWithParam<Refusal> {};

TEST_P(FilterPatternRefusal, SaysItInAwsWords) {
  const auto pattern = FilterPattern::compile(GetParam().pattern);
  ASSERT_FALSE(pattern);
  EXPECT_EQ(pattern.error().message, GetParam().message);
  EXPECT_EQ(aws_name(pattern.error()), "InvalidParameterException");
  EXPECT_EQ(http_status(pattern.error()), 400);
}

constexpr char invalid[] = "Invalid filter pattern";

constexpr Refusal refusals[] = {
    {"a@example.com", "Invalid character(s) in term 'a@example.com'"},
    {"ERROR:", "Invalid character(s) in term 'ERROR:'"},
    {"a ?b-c", "Invalid character(s) in term '?b-c'"},
    {"-", "Invalid character(s) in term '-'"},
    {"?", "Invalid character(s) in term '?'"},
    {"caf\xc3\xa9", "Invalid character(s) in term 'caf\xc3\xa9'"},
    {"\"\"", "Invalid character(s) in term '\"\"'"},
    {"\"open", invalid},
    {"%open", invalid},
    {"%%", invalid},
    {"%(a)%", "Invalid character(s) in term '%(a)%'"},
    {"%a!%", "Invalid character(s) in term '%a!%'"},
    {"%[a%", invalid},
    {"%a% %b% %c%", invalid},
    {"%a{1000}{1000}%", invalid},
    {"{ $.a = 1", "If a filter pattern starts with '{' it must end with '}'"},
    {"{", "If a filter pattern starts with '{' it must end with '}'"},
    {"[a, b", "If a filter pattern starts with '[' it must end with ']'"},
    {"{}", invalid},
    {"{ a = 1 }", invalid},
    {"{ $ = 1 }", invalid},
    {"{ $[0] = 1 }", invalid},
    {"{ $.a }", invalid},
    {"{ $.a = }", invalid},
    {"{ $.a == 1 }", invalid},
    {"{ $. = 1 }", invalid},
    {"{ $.a[x] = 1 }", invalid},
    {"{ $.a[99999999999999999999] = 1 }", invalid},
    {"{ $.a[0 = 1 }", invalid},
    {"{ $.a IS }", invalid},
    {"{ $.a IS MAYBE }", invalid},
    {"{ $.a NOT }", invalid},
    {"{ $.a > x }", invalid},
    {"{ $.a > \"5\" }", invalid},
    {"{ $.a = b@c }", "Invalid character(s) in term 'b@c'"},
    {"{ ($.a = 1 }", invalid},
    {"{ $.a = 1 ) }", invalid},
    {"{ $.a = 1 && }", invalid},
    {"{ $.a = 1 $.b = 2 }", invalid},
    {"{ $.a = \"x }", invalid},
    {"[..., a, ...]", invalid},
    {"[a = ]", invalid},
    {"[a b]", invalid},
    {"[a = 4* && b > 1]", invalid},
    {"[= 1]", invalid},
    {"[a > high]", invalid},
};

INSTANTIATE_TEST_SUITE_P(Texts, FilterPatternRefusal, testing::ValuesIn(refusals));

TEST(FilterPattern, RefusesWhatIsTooLong) {
  EXPECT_TRUE(FilterPattern::compile(std::string(1024, 'a')));
  EXPECT_FALSE(FilterPattern::compile(std::string(1025, 'a')));
}

TEST(FilterPattern, RefusesDeepBracketsRatherThanOverflow) {
  const auto deep = "{" + std::string(500, '(') + "$.a=1" + std::string(500, ')') + "}";
  const auto pattern = FilterPattern::compile(deep);
  ASSERT_FALSE(pattern);
  EXPECT_EQ(pattern.error().message, invalid);
}

TEST(FilterPattern, TakesLinearTimeOnUnluckyMessages) {
  const auto begin = std::chrono::steady_clock::now();
  const std::string repeated(1 << 20, 'a');
  EXPECT_FALSE(FilterPattern::compile(std::string(1000, 'a') + "b")->matches(repeated));
  EXPECT_FALSE(FilterPattern::compile("%(a|a)*b%").has_value());
  EXPECT_FALSE(FilterPattern::compile("%a*a*a*a*a*b%")->matches(repeated));
  std::string brackets;
  for (int i = 0; i < 300'000; ++i) brackets += "[ \" ";
  EXPECT_TRUE(FilterPattern::compile("[..., z]")->matches(brackets));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

}  // namespace
}  // namespace tidemill::logs
