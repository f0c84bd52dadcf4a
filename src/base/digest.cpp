#include "base/digest.h"

#include <algorithm>
#include <array>
#include <memory>
#include <type_traits>

#include <isa-l/crc.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/crc64nvme.h"
#include "base/encoding.h"
#include "base/error.h"
#include "base/md5.h"

namespace tidemill {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

/// Fetched once: OpenSSL 3 looks a digest up by name at every use of EVP_sha256() and the like.
const EVP_MD* algorithm(DigestKind kind) {
  static const EVP_MD* const md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
  static const EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  const EVP_MD* const found = kind == DigestKind::md5    ? md5
                              : kind == DigestKind::sha1 ? sha1
                                                         : sha256;
  TM_ASSERT(found != nullptr);
  return found;
}

void begin(EVP_MD_CTX* context, DigestKind kind) {
  TM_ASSERT(EVP_DigestInit_ex2(context, algorithm(kind), nullptr) == 1);
}

void add(EVP_MD_CTX* context, std::string_view bytes) {
  TM_ASSERT(EVP_DigestUpdate(context, bytes.data(), bytes.size()) == 1);
}

std::string end(EVP_MD_CTX* context) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out;
  unsigned int size = 0;
  TM_ASSERT(EVP_DigestFinal_ex(context, out.data(), &size) == 1);
  return {reinterpret_cast<const char*>(out.data()), size};
}

/// For digests that begin and end within one call: no allocation each.
EVP_MD_CTX* scratch() {
  thread_local const Context context(EVP_MD_CTX_new());
  TM_ASSERT(context != nullptr);
  return context.get();
}

std::uint32_t crc32c(std::uint32_t crc, std::string_view bytes) {
  crc = ~crc;
  while (!bytes.empty()) {
    const auto piece = bytes.substr(0, 1U << 30);  // isa-l counts in int.
    auto* data = reinterpret_cast<unsigned char*>(const_cast<char*>(piece.data()));
    crc = crc32_iscsi(data, static_cast<int>(piece.size()), crc);
    bytes.remove_prefix(piece.size());
  }
  return ~crc;
}

std::string big_endian(std::uint64_t value, int size) {
  std::string out;
  for (int i = size - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i));
  return out;
}

std::string hmac(DigestKind kind, std::string_view key, std::string_view text) {
  std::array<char, 64> inner{};
  if (key.size() > inner.size()) {
    const std::string hashed = digest(kind, key);
    std::ranges::copy(hashed, inner.begin());
  } else {
    std::ranges::copy(key, inner.begin());
  }
  std::array<char, 64> outer = inner;
  for (char& c : inner) c ^= 0x36;
  for (char& c : outer) c ^= 0x5c;
  EVP_MD_CTX* context = scratch();
  begin(context, kind);
  add(context, {inner.data(), inner.size()});
  add(context, text);
  const std::string first = end(context);
  begin(context, kind);
  add(context, {outer.data(), outer.size()});
  add(context, first);
  OPENSSL_cleanse(inner.data(), inner.size());
  OPENSSL_cleanse(outer.data(), outer.size());
  return end(context);
}

}  // namespace

struct Digest::State {
  DigestKind kind;
  Md5 md5;
  Context context;        // sha1, sha256
  std::uint64_t crc = 0;  // the others
};

Digest::Digest(DigestKind kind) : state_(std::make_unique<State>(State{.kind = kind})) {
  if (kind != DigestKind::sha1 && kind != DigestKind::sha256) return;
  state_->context.reset(EVP_MD_CTX_new());
  TM_ASSERT(state_->context != nullptr);
  begin(state_->context.get(), kind);
}

Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;
Digest::~Digest() = default;

void Digest::update(std::string_view bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  auto& crc = state_->crc;
  switch (state_->kind) {
    case DigestKind::md5: return state_->md5.update(bytes);
    case DigestKind::sha1:
    case DigestKind::sha256: return add(state_->context.get(), bytes);
    case DigestKind::crc32:
      crc = crc32_gzip_refl(static_cast<std::uint32_t>(crc), data, bytes.size());
      return;
    case DigestKind::crc32c: crc = crc32c(static_cast<std::uint32_t>(crc), bytes); return;
    case DigestKind::crc64nvme: crc = crc64nvme(crc, bytes); return;
  }
}

std::string Digest::finish() {
  switch (state_->kind) {
    case DigestKind::md5: return state_->md5.finish();
    case DigestKind::sha1:
    case DigestKind::sha256: return end(state_->context.get());
    case DigestKind::crc32:
    case DigestKind::crc32c: return big_endian(state_->crc, 4);
    case DigestKind::crc64nvme: return big_endian(state_->crc, 8);
  }
  return {};
}

std::string digest(DigestKind kind, std::string_view bytes) {
  if (kind > DigestKind::sha256) {
    Digest whole(kind);
    whole.update(bytes);
    return whole.finish();
  }
  EVP_MD_CTX* context = scratch();
  begin(context, kind);
  add(context, bytes);
  return end(context);
}

std::string sha256_hex(std::string_view bytes) { return to_hex(digest(DigestKind::sha256, bytes)); }

std::string hmac_sha256(std::string_view key, std::string_view text) {
  return hmac(DigestKind::sha256, key, text);
}

std::string hmac_sha1(std::string_view key, std::string_view text) {
  return hmac(DigestKind::sha1, key, text);
}

bool equal_constant_time(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace tidemill
