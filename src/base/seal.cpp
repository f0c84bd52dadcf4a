#include "base/seal.h"

#include <array>
#include <memory>

#include <openssl/evp.h>

#include "base/encoding.h"

namespace tidemill {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr char form = 1;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* raw(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* raw(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

/// A context for one text, with its place given already.
Context begin(std::string_view key, std::string_view nonce, std::string_view place, bool sealing) {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  Context context(EVP_CIPHER_CTX_new());
  TM_ASSERT(cipher != nullptr && context != nullptr);
  TM_ASSERT(EVP_CipherInit_ex2(context.get(), cipher, raw(key), raw(nonce), sealing ? 1 : 0,
                               nullptr) == 1);
  int done = 0;
  TM_ASSERT(EVP_CipherUpdate(context.get(), nullptr, &done, raw(place), int(place.size())) == 1);
  return context;
}

std::string through(EVP_CIPHER_CTX* context, std::string_view bytes) {
  std::string out(bytes.size(), '\0');
  int done = 0;
  TM_ASSERT(EVP_CipherUpdate(context, raw(out), &done, raw(bytes), int(bytes.size())) == 1);
  TM_ASSERT(std::size_t(done) == bytes.size());  // GCM is a stream: nothing is left for the end.
  return out;
}

bool ends_well(EVP_CIPHER_CTX* context) {
  std::array<unsigned char, EVP_MAX_BLOCK_LENGTH> rest;
  int done = 0;
  return EVP_CipherFinal_ex(context, rest.data(), &done) == 1;
}

}  // namespace

Result<Sealer> Sealer::make(const Secret& key, Random& random) {
  auto bytes = from_hex(key.reveal());
  if (!bytes || bytes->size() != key_bytes) {
    return fail(Errc::corrupt, "the sealing key must be 64 hex digits");
  }
  return Sealer(Secret(*std::move(bytes)), random);
}

std::string Sealer::seal(std::string_view text, std::string_view place) const {
  std::array<std::uint8_t, nonce_bytes> nonce;
  random_->fill(nonce);
  std::string sealed(1, form);
  sealed.append(nonce.begin(), nonce.end());
  const auto context = begin(key_.reveal(), std::string_view(sealed).substr(1), place, true);
  sealed += through(context.get(), text);
  TM_ASSERT(ends_well(context.get()));
  std::string tag(tag_bytes, '\0');
  TM_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_bytes, raw(tag)) == 1);
  return sealed + tag;
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view place) const {
  const auto refused = [] {
    return fail(Errc::corrupt,
                "a sealed value can't be opened: it was changed, or sealed by "
                "another key than that of this data directory");
  };
  if (sealed.size() < 1 + nonce_bytes + tag_bytes || sealed.front() != form) return refused();
  const auto nonce = sealed.substr(1, nonce_bytes);
  std::string tag(sealed.substr(sealed.size() - tag_bytes));
  const auto body = sealed.substr(1 + nonce_bytes, sealed.size() - 1 - nonce_bytes - tag_bytes);
  const auto context = begin(key_.reveal(), nonce, place, false);
  auto text = through(context.get(), body);
  TM_ASSERT(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_bytes, raw(tag)) == 1);
  if (!ends_well(context.get())) return refused();
  return text;
}

}  // namespace tidemill
