#include "wire/authenticate.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "wire/aws_chunked.h"
#include "wire/sigv4_claim.h"

namespace tidemill::wire {
namespace {

constexpr std::chrono::minutes skew_max{15};

/// The bucket in "bucket.s3.localhost:4566", or "".
std::string virtual_bucket(std::string_view host, const std::vector<std::string>& base_domains) {
  const std::string name = to_lower(host.substr(0, host.rfind(':')));
  for (const std::string& base : base_domains) {
    if (name == base) return {};
    if (name.size() > base.size() + 1 && name.ends_with("." + base)) {
      return name.substr(0, name.size() - base.size() - 1);
    }
  }
  return {};
}

/// One request on its way through.
struct Attempt {
  http::Request& request;
  QueryItems query;
  AuthFamily family;
  AuthErrors errors;
  AuthClaim claim;
  std::string payload_hash;  ///< As signed.
  std::string signing_key;   ///< Once verified.

  explicit Attempt(http::Request& r)
      : request(r), query(query_items(r.query)), family(auth_family(r, query)), errors(family) {}
  /// By what is signed where something is, not by what the request looks like.
  [[nodiscard]] bool is_s3() const noexcept {
    if (claim.kind != AuthClaim::Kind::none) return claim.scope.service == "s3";
    return family == AuthFamily::s3;
  }
};

std::unexpected<Error> bad_payload_hash(std::string_view value) {
  return std::unexpected(Error{
      .code = Errc::invalid_argument,
      .message =
          "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
          "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a "
          "valid sha256 value.",
      .name = "InvalidArgument",
      .details = {{"ArgumentName", "x-amz-content-sha256"},
                  {"ArgumentValue", std::string(value)}}});
}

/// What S3's canonical request ends with: the header's word, or for presigned URLs the default.
Result<std::string> s3_payload_hash(const Attempt& attempt) {
  const auto& headers = attempt.request.headers;
  const auto header = headers.find("x-amz-content-sha256");
  if (attempt.claim.kind == AuthClaim::Kind::presigned) {
    if (const auto item = find_item(attempt.query, "X-Amz-Content-Sha256")) {
      return std::string(*item);
    }
    const auto names = ";" + attempt.claim.signed_headers + ";";
    if (header && names.contains(";x-amz-content-sha256;")) return std::string(*header);
    return std::string(unsigned_payload);
  }
  if (header) return std::string(*header);
  return fail(Errc::invalid_argument, "InvalidRequest",
              "Missing required header for this request: x-amz-content-sha256");
}

/// Names announced in x-amz-trailer.
std::vector<std::string> trailer_names(const http::Headers& headers) {
  std::vector<std::string> names;
  std::string_view rest = headers.get("x-amz-trailer");
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    std::string name = to_lower(trim(rest.substr(0, comma)));
    if (!name.empty()) names.push_back(std::move(name));
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  return names;
}

Result<std::uint64_t> decoded_length(const http::Headers& headers) {
  const std::string_view text = headers.get("x-amz-decoded-content-length");
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) {
    return std::unexpected(Error{.code = Errc::invalid_argument,
                                 .message = "You must provide the Content-Length HTTP header.",
                                 .name = "MissingContentLength",
                                 .status = 411});
  }
  return bytes;
}

/// Takes "aws-chunked" out of Content-Encoding: it says how the bytes came, not what they are.
void strip_aws_chunked(http::Headers& headers) {
  const auto field = headers.find("Content-Encoding");
  if (!field) return;
  std::vector<std::string> kept;
  std::string_view rest = *field;
  while (!rest.empty()) {
    const std::size_t comma = rest.find(',');
    const std::string_view coding = trim(rest.substr(0, comma));
    if (!coding.empty() && !iequals(coding, "aws-chunked")) kept.emplace_back(coding);
    rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
  }
  if (kept.empty()) {
    headers.remove("Content-Encoding");
  } else {
    headers.set("Content-Encoding", fmt::format("{}", fmt::join(kept, ",")));
  }
}

/// Parameters of presigned URLs that stand for header fields (JavaScript's signer moves them
/// there).
void hoist_headers(http::Request& request, const QueryItems& query) {
  static constexpr auto own = std::to_array<std::string_view>(
      {"x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-expires", "x-amz-signedheaders",
       "x-amz-signature", "x-amz-security-token", "x-amz-content-sha256", "x-amz-user-agent"});
  for (const auto& [name, value] : query) {
    std::string lower = to_lower(name);
    if (!lower.starts_with("x-amz-") || std::ranges::find(own, lower) != own.end()) continue;
    if (!request.headers.find(lower)) request.headers.add(std::move(lower), value);
  }
}

class SignatureAuthenticator final : public Authenticator {
 public:
  SignatureAuthenticator(const Keyring& keyring, const Clock& clock, AuthenticatorOptions options)
      : keyring_(keyring), clock_(clock), options_(std::move(options)) {}

  Task<Result<Authenticated>> authenticate(http::Request& request) override;

 private:
  [[nodiscard]] Status check_time(const Attempt& attempt) const;
  [[nodiscard]] Result<Credential> credential(const Attempt& attempt) const;
  [[nodiscard]] Caller test_caller(const Attempt& attempt) const;
  [[nodiscard]] Status verify(Attempt& attempt, const Secret& secret) const;
  [[nodiscard]] Status verify_v2(const Attempt& attempt, const Secret& secret) const;
  void describe(const Attempt& attempt, Authenticated& made) const;
  [[nodiscard]] Status wrap_body(Attempt& attempt, Authenticated& made, bool verified) const;
  Task<Status> buffer_body(Attempt& attempt, Authenticated& made) const;

  const Keyring& keyring_;
  const Clock& clock_;
  const AuthenticatorOptions options_;
};

Task<Result<Authenticated>> SignatureAuthenticator::authenticate(http::Request& request) {
  Attempt attempt(request);
  auto claim = read_claim(request, attempt.query, attempt.errors);
  if (!claim && !options_.test_mode) co_return std::unexpected(std::move(claim).error());
  if (claim) attempt.claim = *std::move(claim);
  const bool anonymous = attempt.claim.kind == AuthClaim::Kind::none;
  const bool checks = !options_.test_mode && !anonymous;
  if (anonymous && !options_.test_mode && !attempt.is_s3()) {
    co_return attempt.errors.missing_token();
  }
  Authenticated made;
  made.body = request.body;
  Secret secret;
  if (checks) {
    TM_CO_CHECK(check_time(attempt));
    TM_CO_TRY(Credential found, credential(attempt));
    made.caller = std::move(found.identity);
    secret = std::move(found.secret);
    if (attempt.claim.kind == AuthClaim::Kind::presigned_v2) {
      TM_CO_CHECK(verify_v2(attempt, secret));
    } else {
      if (attempt.is_s3()) {
        TM_CO_TRY(attempt.payload_hash, s3_payload_hash(attempt));
      } else {
        TM_CO_CHECK(co_await buffer_body(attempt, made));
      }
      TM_CO_CHECK(verify(attempt, secret));
    }
  } else if (options_.test_mode) {
    made.caller = test_caller(attempt);
  }
  if (attempt.is_s3()) TM_CO_CHECK(wrap_body(attempt, made, checks));
  describe(attempt, made);
  co_return made;
}

Status SignatureAuthenticator::check_time(const Attempt& attempt) const {
  const TimeMs now = clock_.now();
  const AuthClaim& claim = attempt.claim;
  const AuthErrors& errors = attempt.errors;
  switch (claim.kind) {
    case AuthClaim::Kind::none: return {};
    case AuthClaim::Kind::header:
      if (claim.time > now.plus(skew_max) || claim.time < now.plus(-skew_max)) {
        return errors.skewed(claim.time, now);
      }
      return {};
    case AuthClaim::Kind::presigned:
      if (claim.time > now.plus(skew_max)) return errors.not_yet_valid(claim.time, now);
      [[fallthrough]];
    case AuthClaim::Kind::presigned_v2:
      if (claim.expires < now) return errors.expired(claim.valid_for, claim.expires, now);
      return {};
  }
  return {};
}

Result<Credential> SignatureAuthenticator::credential(const Attempt& attempt) const {
  const AuthClaim& claim = attempt.claim;
  auto found = keyring_.find(claim.access_key_id, claim.session_token, clock_.now());
  if (found) return found;
  return attempt.errors.bad_credential(found.error(), claim.access_key_id, claim.session_token);
}

/// Whom an unchecked request stands for: the key's owner where we know it (a job's own
/// credentials), else the root of an account.
Caller SignatureAuthenticator::test_caller(const Attempt& attempt) const {
  const AuthClaim& claim = attempt.claim;
  if (claim.kind != AuthClaim::Kind::none) {
    const auto found = keyring_.find(claim.access_key_id, claim.session_token, clock_.now());
    if (found) return found->identity;
  }
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const std::string& key = claim.access_key_id;
  Caller caller;
  caller.kind = Caller::Kind::root;
  caller.scope.account =
      key.size() == 12 && std::ranges::all_of(key, is_digit) ? key : options_.account_id;
  caller.arn = fmt::format("arn:aws:iam::{}:root", caller.scope.account);
  caller.user_id = caller.scope.account;
  caller.access_key_id = key;
  return caller;
}

Status SignatureAuthenticator::verify(Attempt& attempt, const Secret& secret) const {
  const http::Request& request = attempt.request;
  const AuthClaim& claim = attempt.claim;
  const std::string missing = unsigned_names(request.headers, claim.signed_headers);
  if (!missing.empty()) return attempt.errors.unsigned_headers(missing);
  const auto canonical =
      canonical_request({request.method, request.path, request.query, request.headers,
                         claim.signed_headers, attempt.payload_hash, claim.scope.service});
  const std::string text = string_to_sign(claim.amz_date, claim.scope, canonical.value_or(""));
  attempt.signing_key = cached_key(claim.access_key_id, secret, claim.scope);
  const std::string expected = sign_text(attempt.signing_key, text);
  if (canonical && equal_constant_time(expected, claim.signature)) return {};
  const std::string shown = canonical.value_or("(a signed header is missing)");
  return attempt.errors.mismatch({claim.access_key_id, claim.signature, text, shown});
}

Status SignatureAuthenticator::verify_v2(const Attempt& attempt, const Secret& secret) const {
  const std::string bucket =
      virtual_bucket(attempt.request.headers.get("Host"), options_.base_domains);
  const std::string text = string_to_sign_v2(attempt.request, attempt.query, bucket);
  const std::string expected = to_base64(hmac_sha1(secret.reveal(), text));
  if (equal_constant_time(expected, attempt.claim.signature)) return {};
  return attempt.errors.mismatch(
      {attempt.claim.access_key_id, attempt.claim.signature, text, std::string_view()});
}

/// Other services sign their bodies' hash, which must be known before the signature can be checked.
Task<Status> SignatureAuthenticator::buffer_body(Attempt& attempt, Authenticated& made) const {
  TM_CO_TRY(std::string text,
            co_await http::read_all(*attempt.request.body, options_.body_bytes_max));
  attempt.payload_hash = sha256_hex(text);
  made.owned_body = std::make_unique<http::TextBody>(std::move(text));
  made.body = made.owned_body.get();
  co_return Status();
}

/// Puts the right reader around S3's payload. `verified`: the signature was checked, so hold the
/// chunks to it; otherwise they are only decoded.
Status SignatureAuthenticator::wrap_body(Attempt& attempt, Authenticated& made,
                                         bool verified) const {
  http::Request& request = attempt.request;
  const AuthClaim& claim = attempt.claim;
  std::string word(request.headers.get("x-amz-content-sha256"));
  if (claim.kind == AuthClaim::Kind::presigned && verified) word = attempt.payload_hash;
  if (word.empty() || claim.kind == AuthClaim::Kind::presigned_v2) return {};
  const auto mode = payload_mode(word);
  if (!mode) return bad_payload_hash(word);
  if (*mode == PayloadMode::unsigned_whole) return {};
  if (*mode == PayloadMode::hash) {
    // Where there is nothing to read, no one would ever look.
    if (request.body->size() == 0U && word != empty_sha256) {
      return HashedBody::mismatch(word, std::string(empty_sha256));
    }
    made.owned_body = std::make_unique<HashedBody>(*request.body, std::move(word));
  } else {
    AwsChunkedOptions options;
    TM_TRY(options.decoded_bytes, decoded_length(request.headers));
    if (*mode != PayloadMode::signed_chunks) options.trailers = trailer_names(request.headers);
    const bool is_signed = *mode != PayloadMode::unsigned_trailer;
    if (is_signed && !verified && !options_.test_mode) {
      return attempt.errors.missing_token();  // Signed chunks of nobody.
    }
    if (is_signed && verified) {
      options.signer =
          ChunkSigner{attempt.signing_key, claim.amz_date, claim.scope.text(), claim.signature};
    }
    made.owned_body = std::make_unique<AwsChunkedBody>(*request.body, std::move(options));
    strip_aws_chunked(request.headers);
  }
  made.body = made.owned_body.get();
  return {};
}

void SignatureAuthenticator::describe(const Attempt& attempt, Authenticated& made) const {
  http::Request& request = attempt.request;
  const AuthClaim& claim = attempt.claim;
  const bool presigned =
      claim.kind == AuthClaim::Kind::presigned || claim.kind == AuthClaim::Kind::presigned_v2;
  made.service =
      claim.kind == AuthClaim::Kind::none && attempt.is_s3() ? "s3" : claim.scope.service;
  made.region = claim.scope.region.empty() ? options_.region : claim.scope.region;
  Caller& caller = made.caller;
  caller.scope.region = made.region;
  if (caller.access_key_id.empty()) caller.access_key_id = claim.access_key_id;
  caller.source_ip = request.remote_ip;
  caller.time = request.received;
  auto& conditions = caller.conditions;
  conditions["aws:sourceip"] = request.remote_ip;
  conditions["aws:securetransport"] = "false";
  conditions["aws:currenttime"] = iso_seconds(request.received);
  conditions["aws:epochtime"] = std::to_string(request.received.ms / 1000);
  if (const auto agent = request.headers.find("User-Agent")) conditions["aws:useragent"] = *agent;
  if (const auto referer = request.headers.find("Referer")) conditions["aws:referer"] = *referer;
  if (attempt.is_s3() && claim.kind != AuthClaim::Kind::none) {
    const bool version2 = claim.kind == AuthClaim::Kind::presigned_v2;
    conditions["s3:signatureversion"] = version2 ? "AWS" : sigv4_algorithm;
    conditions["s3:authtype"] = presigned ? "REST-QUERY-STRING" : "REST-HEADER";
  }
  if (attempt.is_s3() && presigned) hoist_headers(request, attempt.query);
}

}  // namespace

std::unique_ptr<Authenticator> make_authenticator(const Keyring& keyring, const Clock& clock,
                                                  AuthenticatorOptions options) {
  return std::make_unique<SignatureAuthenticator>(keyring, clock, std::move(options));
}

}  // namespace tidemill::wire
