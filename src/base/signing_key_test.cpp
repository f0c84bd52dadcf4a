#include "base/signing_key.h"

#include <gtest/gtest.h>

namespace tidemill {
namespace {

TEST(SigningKey, is_the_same_once_it_was_kept) {
  const auto made = SigningKey::generate("sns.test").value();
  const auto loaded = SigningKey::load(made.private_pem(), made.certificate()).value();
  EXPECT_EQ(made.sign("a", DigestKind::sha256), loaded.sign("a", DigestKind::sha256));
  EXPECT_NE(made.sign("a", DigestKind::sha256), made.sign("b", DigestKind::sha256));
  EXPECT_NE(made.sign("a", DigestKind::sha256), made.sign("a", DigestKind::sha1));
  EXPECT_EQ(made.sign("a", DigestKind::sha1).size(), 256u);
  EXPECT_TRUE(made.certificate().starts_with("-----BEGIN CERTIFICATE-----\n"));
  EXPECT_FALSE(SigningKey::load(Secret("nonsense"), ""));
}

}  // namespace
}  // namespace tidemill
