/// Requests as botocore 1.44.5's own signers make them, for the tests: key AKIDEXAMPLE with the
/// example secret of AWS's documentation, at 2015-08-30T12:36:00Z, region us-east-1. The names up
/// to post-form follow AWS's published suite.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace tidemill::wire::testing {

struct SignedVector {
  std::string_view name, method, target;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;
};

inline const std::vector<SignedVector>& signed_vectors() {
  static const std::vector<SignedVector> vectors{
      {"get-vanilla",
       "GET",
       "/",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=host;x-amz-date, "
         "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"}},
       ""},
      {"get-vanilla-query-order-key-case",
       "GET",
       "/?Param2=value2&Param1=value1",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=host;x-amz-date, "
         "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"}},
       ""},
      {"get-vanilla-query-order-value",
       "GET",
       "/?Param1=value2&Param1=value1",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=host;x-amz-date, "
         "Signature=5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"}},
       ""},
      {"get-vanilla-empty-query-key",
       "GET",
       "/?Param1=value1&Param2",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=host;x-amz-date, "
         "Signature=621741b76cb327fe978c46a4236c61a61659dad856cd50654c4ac3e2841c2810"}},
       ""},
      {"get-utf8",
       "GET",
       "/%E1%88%B4",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=host;x-amz-date, "
         "Signature=697b34846207a3f72246f99d74ae1ee4fe54f44bb06730c58a0d339eb079596d"}},
       ""},
      {"get-space",
       "GET",
       "/example%20space/",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=host;x-amz-date, "
         "Signature=446b817944c553435b35e813c261ff4e161fff982d1bacdef1c87f6785dd1662"}},
       ""},
      {"get-slashes",
       "GET",
       "//example//",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=host;x-amz-date, "
         "Signature=9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"}},
       ""},
      {"get-relative-relative",
       "GET",
       "/example1/example2/../..",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=host;x-amz-date, "
         "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"}},
       ""},
      {"get-slash-dot-slash",
       "GET",
       "/./",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=host;x-amz-date, "
         "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"}},
       ""},
      {"get-header-value-trim",
       "GET",
       "/",
       {{"Host", "example.amazonaws.com"},
        {"My-Header1", " value1"},
        {"My-Header2", " \"a   b   c\"  "},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=host;my-header1;my-header2;x-amz-date, "
         "Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"}},
       ""},
      {"get-header-value-multiple",
       "GET",
       "/",
       {{"Host", "example.amazonaws.com"},
        {"My-Header1", "value4"},
        {"My-Header1", "value1"},
        {"My-Header1", "value3"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=host;my-header1;x-amz-date, "
         "Signature=4308aee29786bd01288955ced08fec4107b7a775176774808d7342b80eec106b"}},
       ""},
      {"post-form",
       "POST",
       "/",
       {{"Host", "example.amazonaws.com"},
        {"Content-Type", "application/x-www-form-urlencoded"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
         "SignedHeaders=content-type;host;x-amz-date, "
         "Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"}},
       "Param1=value1"},
      {"post-json",
       "POST",
       "/",
       {{"Host", "example.amazonaws.com"},
        {"Content-Type", "application/x-amz-json-1.1"},
        {"X-Amz-Target", "AWSEvents.ListRules"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/events/aws4_request, "
         "SignedHeaders=content-type;host;x-amz-date;x-amz-target, "
         "Signature=716236e3afe3dd53f347db084bc29441bb0e7cb7d4d01dcc23dba9b259e1e436"}},
       "{}"},
      {"post-sts-token",
       "POST",
       "/",
       {{"Host", "example.amazonaws.com"},
        {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"X-Amz-Security-Token", "TOKEN/with+signs="},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/sts/aws4_request, "
         "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, "
         "Signature=4400cb7a1e90d91e8613aff3c7c520e8c48033e70d99381227a453af7e59fba2"}},
       "Action=GetCallerIdentity&Version=2011-06-15"},
      {"scheduler-rest",
       "GET",
       "/schedules/a%20b?groupName=x%2Fy",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/scheduler/aws4_request, "
         "SignedHeaders=host;x-amz-date, "
         "Signature=cff4c9d9760336f114af59f546ede800f2ea7abe12b7240e40c3e05f77bbcade"}},
       ""},
      {"s3-get",
       "GET",
       "/bucket/k%20k%2B%C3%BC.csv",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"X-Amz-Content-SHA256",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, "
         "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
         "Signature=1cb89845b7eb3f7502b549068feb88df58ac6391b1a1643eea9ec11940aeec69"}},
       ""},
      {"s3-not-normalised",
       "GET",
       "/bucket//a/../b/./c",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"X-Amz-Content-SHA256",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, "
         "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
         "Signature=b4bce4408d4dd23fee7ac25b4eeee5a79acf4ff7731d031322c7f43ab7c6d0ab"}},
       ""},
      {"s3-list",
       "GET",
       "/bucket?list-type=2&prefix=a%2Fb&delimiter=%2F&encoding-type=url",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"X-Amz-Content-SHA256",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, "
         "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
         "Signature=5eca3bf583fb4ecb92ef2f69eaf8bfa1b6d064dde99fbcc523c33a551481f731"}},
       ""},
      {"s3-subresource",
       "PUT",
       "/bucket?notification",
       {{"Host", "example.amazonaws.com"},
        {"Content-MD5", "1B2M2Y8AsgTpgAmY7PhCfg=="},
        {"X-Amz-Date", "20150830T123600Z"},
        {"X-Amz-Content-SHA256",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, "
         "SignedHeaders=content-md5;host;x-amz-content-sha256;x-amz-date, "
         "Signature=107e9647322576fba8876faa10b230bf1a43466510823f28b6418957eacc967c"}},
       ""},
      {"s3-put",
       "PUT",
       "/bucket/key",
       {{"Host", "example.amazonaws.com"},
        {"Content-Type", "text/csv"},
        {"x-amz-meta-a", "b  c"},
        {"x-amz-checksum-crc32", "AAAAAA=="},
        {"X-Amz-Date", "20150830T123600Z"},
        {"X-Amz-Content-SHA256",
         "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, "
         "SignedHeaders=content-type;host;x-amz-checksum-crc32;x-amz-content-sha256;x-amz-date;x-"
         "amz-meta-a, Signature=4797948f20ef7cdb57c20f8ae83aa44af92442692562733f8de36d8c9b05c9d4"}},
       "hello"},
      {"s3-put-token",
       "PUT",
       "/bucket/key",
       {{"Host", "example.amazonaws.com"},
        {"X-Amz-Date", "20150830T123600Z"},
        {"X-Amz-Security-Token", "TOKEN/with+signs="},
        {"X-Amz-Content-SHA256",
         "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"},
        {"Authorization",
         "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/s3/aws4_request, "
         "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token, "
         "Signature=5198db267de60c6b67c78bd450f56e68a62f83c722cebfff315ee0fafe33e205"}},
       "hello"},
      {"s3-presigned-get",
       "GET",
       "/bucket/"
       "k%20k.csv?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-"
       "east-1%2Fs3%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=3600&X-Amz-"
       "SignedHeaders=host&X-Amz-Signature="
       "8791a85e1f7275e6f20628ab2ccfb74a59144e35fc292b0fbd7c6c29bdc5e1d6",
       {{"Host", "example.amazonaws.com"}},
       ""},
      {"s3-presigned-put-meta",
       "PUT",
       "/bucket/"
       "key?x-id=PutObject&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%"
       "2F20150830%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-Expires=3600&"
       "X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-meta-a&X-Amz-Signature="
       "6987bd67836812457df6fd0e41f60c09b040fb3e1a5823a085383c0abac0a66d",
       {{"Host", "example.amazonaws.com"}, {"x-amz-meta-a", "b"}, {"Content-Type", "text/csv"}},
       ""},
      {"s3-presigned-token",
       "GET",
       "/bucket/"
       "key?response-content-type=text%2Fplain&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
       "AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20150830T123600Z&X-Amz-"
       "Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Security-Token=TOKEN%2Fwith%2Bsigns%3D&X-Amz-"
       "Signature=74ebfcbcd43a5853c949f1ed64f44523676bd68446ec2f57c38cd778d21a1eb7",
       {{"Host", "example.amazonaws.com"}},
       ""},
      {"sts-presigned",
       "GET",
       "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-"
       "Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fsts%2Faws4_request&X-Amz-Date="
       "20150830T123600Z&X-Amz-Expires=3600&X-Amz-SignedHeaders=host&X-Amz-Signature="
       "9171004afb921c1b8b00169d89a1e25177e776c77fa9e2dcd9694026e0d9c45d",
       {{"Host", "example.amazonaws.com"}},
       ""},
      {"s3-v2-get",
       "GET",
       "/bucket/"
       "k%20k.csv?AWSAccessKeyId=AKIDEXAMPLE&Signature=JqkIGwJ%2BKOxcSFDjjiESgi%2BdayQ%3D&Expires="
       "1440941760",
       {{"Host", "example.amazonaws.com"}},
       ""},
      {"s3-v2-subresource",
       "GET",
       "/bucket/"
       "key?versionId=abc&response-content-type=text%2Fplain&AWSAccessKeyId=AKIDEXAMPLE&Signature="
       "rUvZ9YVK8CfCHWFHgW2RmUaSAas%3D&Expires=1440941760",
       {{"Host", "example.amazonaws.com"}},
       ""},
      {"s3-v2-put",
       "PUT",
       "/bucket/"
       "key?AWSAccessKeyId=AKIDEXAMPLE&Signature=%2FHOVtEk4B9I1h1H4SqnPOcINx%2Bc%3D&content-type="
       "text%2Fcsv&x-amz-meta-a=b&Expires=1440941760",
       {{"Host", "example.amazonaws.com"}, {"Content-Type", "text/csv"}, {"x-amz-meta-a", "b"}},
       ""},
      {"s3-v2-token",
       "GET",
       "/bucket/"
       "key?AWSAccessKeyId=AKIDEXAMPLE&Signature=xospSzNxX%2BYptbAndnlX%2F2fU1F0%3D&x-amz-security-"
       "token=TOKEN%2Fwith%2Bsigns%3D&Expires=1440941760",
       {{"Host", "example.amazonaws.com"}, {"x-amz-security-token", "TOKEN/with+signs="}},
       ""},
  };
  return vectors;
}

}  // namespace tidemill::wire::testing
