#include "base/signing_key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace tidemill {
namespace {

constexpr unsigned bits = 2048;
constexpr long seconds_valid = 60L * 60 * 24 * 365 * 20;

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using BioPtr = std::unique_ptr<BIO, Release<BIO_free_all>>;
using CertificatePtr = std::unique_ptr<X509, Release<X509_free>>;
using DigestPtr = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;

std::string text_of(BIO* bio) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, std::size_t(size)};
}

Result<std::string> certify(EVP_PKEY* key, const std::string& name) {
  const CertificatePtr made(X509_new());
  std::uint64_t serial = 0;
  bool fine = made && RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1;
  fine = fine && X509_set_version(made.get(), X509_VERSION_3) == 1 &&
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(made.get()), serial >> 1) == 1 &&
         X509_gmtime_adj(X509_getm_notBefore(made.get()), 0) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(made.get()), seconds_valid) != nullptr &&
         X509_set_pubkey(made.get(), key) == 1;
  if (fine) {
    auto* subject = X509_get_subject_name(made.get());
    const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
    fine = X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, text, -1, -1, 0) == 1 &&
           X509_set_issuer_name(made.get(), subject) == 1 &&
           X509_sign(made.get(), key, EVP_sha256()) > 0;
  }
  const BioPtr out(BIO_new(BIO_s_mem()));
  if (!fine || !out || PEM_write_bio_X509(out.get(), made.get()) != 1) {
    return fail(Errc::internal, "no certificate could be made");
  }
  return text_of(out.get());
}

}  // namespace

struct SigningKey::Key {
  KeyPtr key;
};

Result<SigningKey> SigningKey::generate(const std::string& name) {
  KeyPtr key(EVP_RSA_gen(bits));
  if (!key) return fail(Errc::internal, "no RSA key could be made");
  TM_TRY(auto certificate, certify(key.get(), name));
  return SigningKey(std::make_shared<const Key>(std::move(key)), std::move(certificate));
}

Result<SigningKey> SigningKey::load(const Secret& private_pem, std::string certificate) {
  const auto& pem = private_pem.reveal();
  const BioPtr in(BIO_new_mem_buf(pem.data(), int(pem.size())));
  KeyPtr key(in ? PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!key) return fail(Errc::corrupt, "the stored signing key can't be read");
  return SigningKey(std::make_shared<const Key>(std::move(key)), std::move(certificate));
}

std::string SigningKey::sign(std::string_view text, DigestKind kind) const {
  TM_ASSERT(kind == DigestKind::sha1 || kind == DigestKind::sha256);
  const DigestPtr context(EVP_MD_CTX_new());
  TM_ASSERT(context != nullptr);
  const auto* hash = kind == DigestKind::sha1 ? EVP_sha1() : EVP_sha256();
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  TM_ASSERT(EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, key_->key.get()) == 1);
  TM_ASSERT(EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1);
  std::string signature(size, '\0');
  auto* out = reinterpret_cast<unsigned char*>(signature.data());
  TM_ASSERT(EVP_DigestSign(context.get(), out, &size, bytes, text.size()) == 1);
  signature.resize(size);
  return signature;
}

Secret SigningKey::private_pem() const {
  const BioPtr out(BIO_new(BIO_s_mem()));
  TM_ASSERT(out != nullptr);
  TM_ASSERT(PEM_write_bio_PrivateKey(out.get(), key_->key.get(), nullptr, nullptr, 0, nullptr,
                                     nullptr) == 1);
  return Secret(text_of(out.get()));
}

}  // namespace tidemill
