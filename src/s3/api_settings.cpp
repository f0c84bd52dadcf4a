#include "s3/api_settings.h"

#include "base/json.h"
#include "wire/json_codec.h"
#include "wire/shape.h"

namespace tidemill::s3 {
namespace {

constexpr Setting encryption{
    .name = "encryption",
    .initial = R"({"Rule":[{"ApplyServerSideEncryptionByDefault":{"SSEAlgorithm":"AES256"},)"
               R"("BucketKeyEnabled":false}]})",
    .code = "ServerSideEncryptionConfigurationNotFoundError",
    .message = "The server side encryption configuration was not found"};
constexpr Setting public_access{
    .name = "public_access",
    .initial = R"({"BlockPublicAcls":true,"IgnorePublicAcls":true,"BlockPublicPolicy":true,)"
               R"("RestrictPublicBuckets":true})",
    .code = "NoSuchPublicAccessBlockConfiguration",
    .message = "The public access block configuration was not found",
    .initial_once = true};
constexpr Setting ownership{.name = ownership_setting,
                            .initial = R"({"Rule":[{"ObjectOwnership":"BucketOwnerEnforced"}]})",
                            .code = "OwnershipControlsNotFoundError",
                            .message = "The bucket ownership controls were not found",
                            .initial_once = true};
constexpr Setting policy{.name = policy_setting,
                         .initial = "",
                         .code = "NoSuchBucketPolicy",
                         .message = "The bucket policy does not exist",
                         .put_status = 204};
constexpr Setting cors{.name = cors_setting,
                       .initial = "",
                       .code = "NoSuchCORSConfiguration",
                       .message = "The CORS configuration does not exist"};
constexpr Setting lifecycle{.name = lifecycle_setting,
                            .initial = "",
                            .code = "NoSuchLifecycleConfiguration",
                            .message = "The lifecycle configuration does not exist"};

// These can't be put here, so a bucket always has what a new one has.
constexpr Setting website{.name = "website",
                          .initial = "",
                          .code = "NoSuchWebsiteConfiguration",
                          .message = "The specified bucket does not have a website configuration"};
constexpr Setting replication{.name = "replication",
                              .initial = "",
                              .code = "ReplicationConfigurationNotFoundError",
                              .message = "The replication configuration was not found"};
constexpr Setting object_lock{
    .name = "object_lock",
    .initial = "",
    .code = "ObjectLockConfigurationNotFoundError",
    .message = "Object Lock configuration does not exist for this bucket"};
constexpr Setting acceleration{.name = "acceleration", .initial = "{}"};
constexpr Setting logging{.name = "logging", .initial = "{}"};
constexpr Setting payer{.name = "payer", .initial = R"({"Payer":"BucketOwner"})"};

constexpr std::string_view smallest_member = "TransitionDefaultMinimumObjectSize";
constexpr std::string_view smallest_default = "all_storage_classes_128K";

const wire::Member* payload_of(const wire::Shape& shape) {
  for (const auto& member : shape.members) {
    if (member.place == wire::Place::payload) return &member;
  }
  return nullptr;
}

std::unexpected<Error> nothing_there(const Bucket& bucket, const Setting& setting) {
  return std::unexpected(Error{.code = Errc::not_found,
                               .message = std::string(setting.message),
                               .name = std::string(setting.code),
                               .details = {{"BucketName", bucket.name}}});
}

}  // namespace

void SettingsApi::register_with(wire::Router& router) {
  using namespace w::op;
  serve<GetBucketEncryption, PutBucketEncryption, DeleteBucketEncryption, encryption>(router);
  serve<GetPublicAccessBlock, PutPublicAccessBlock, DeletePublicAccessBlock, public_access>(router);
  serve<GetBucketOwnershipControls, PutBucketOwnershipControls, DeleteBucketOwnershipControls,
        ownership>(router);
  serve<GetBucketPolicy, PutBucketPolicy, DeleteBucketPolicy, policy>(router);
  serve<GetBucketCors, PutBucketCors, DeleteBucketCors, cors>(router);
  serve<GetBucketLifecycleConfiguration, PutBucketLifecycleConfiguration, DeleteBucketLifecycle,
        lifecycle>(router);
  serve<GetBucketWebsite, website>(router);
  serve<GetBucketReplication, replication>(router);
  serve<GetObjectLockConfiguration, object_lock>(router);
  serve<GetBucketAccelerateConfiguration, acceleration>(router);
  serve<GetBucketLogging, logging>(router);
  serve<GetBucketRequestPayment, payer>(router);
  router.on<GetBucketAcl>(this, &SettingsApi::get_acl, bucket_access<w::GetBucketAclRequest>);
  router.on<PutBucketAcl>(this, &SettingsApi::put_acl, bucket_access<w::PutBucketAclRequest>);
}

Task<Result<std::string>> SettingsApi::load(BucketRequest where, const Setting& setting) const {
  auto look = [&](store::Tx& tx) -> Result<std::string> {
    TM_TRY(const auto bucket, require_bucket(tx, where));
    TM_TRY(auto text, load_setting(tx, bucket, setting.name));
    if (!text) text = std::string(setting.initial);
    // An empty text is what a delete leaves where a new bucket has something.
    if (text->empty()) return nothing_there(bucket, setting);
    return *std::move(text);
  };
  co_return co_await core_.store.read(look);
}

Task<Status> SettingsApi::save(BucketRequest where, const Setting& setting,
                               std::string text) const {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto bucket, require_bucket(tx, where));
    TM_CHECK(core_.settings.change(tx, bucket.name, setting.name, text));
    return save_setting(tx, bucket, setting.name, text);
  };
  co_return co_await core_.store.write(change);
}

Task<Status> SettingsApi::drop(BucketRequest where, const Setting& setting) const {
  auto change = [&](store::Tx& tx) -> Status {
    TM_TRY(const auto bucket, require_bucket(tx, where));
    TM_CHECK(core_.settings.change(tx, bucket.name, setting.name, std::nullopt));
    return setting.initial_once ? save_setting(tx, bucket, setting.name, "")
                                : drop_setting(tx, bucket, setting.name);
  };
  co_return co_await core_.store.write(change);
}

std::string SettingsApi::text_of(const wire::Shape& input, const void* request) {
  const auto* member = payload_of(input);
  TM_ASSERT(member != nullptr);
  const auto* payload = wire::value_of(*member, request);
  TM_ASSERT(payload != nullptr);
  return member->shape->kind == wire::Kind::string ? wire::as<std::string>(payload)
                                                   : wire::encode_json(*member->shape, payload);
}

Status SettingsApi::show(const wire::Shape& output, const std::string& text, void* answer) {
  const auto* member = payload_of(output);
  if (member == nullptr) return wire::decode_json(text, output, answer);
  auto* payload = wire::set_value(*member, answer);
  if (member->shape->kind != wire::Kind::string) {
    return wire::decode_json(text, *member->shape, payload);
  }
  wire::as<std::string>(payload) = text;
  return {};
}

void SettingsApi::keep_smallest_transition(std::string& text,
                                           const std::optional<std::string>& value) {
  text.pop_back();
  text += fmt::format(R"(,"{}":{}}})", smallest_member,
                      json::quote(value.value_or(std::string(smallest_default))));
}

Result<std::string> SettingsApi::smallest_transition(const std::string& text) {
  TM_TRY(const auto stored, json::parse_object(text));
  return std::string(json::text_or_empty(stored, smallest_member));
}

std::string ownership_text(std::string_view wanted) {
  return fmt::format(R"({{"Rule":[{{"ObjectOwnership":{}}}]}})", json::quote(wanted));
}

Task<Result<w::GetBucketAclOutput>> SettingsApi::get_acl(const Caller& caller,
                                                         w::GetBucketAclRequest request) {
  auto look = [&](store::Tx& tx) { return require_bucket(tx, where_of(caller, request)); };
  TM_CO_TRY(const auto bucket, co_await core_.store.read(look));
  w::GetBucketAclOutput out;
  out.Owner = owner_of(bucket);
  auto& grant = out.Grants.emplace().emplace_back();
  grant.Permission = "FULL_CONTROL";
  auto& grantee = grant.Grantee.emplace();
  grantee.ID = out.Owner->ID;
  grantee.Type = "CanonicalUser";
  co_return out;
}

Task<Result<wire::Empty>> SettingsApi::put_acl(const Caller& caller,
                                               w::PutBucketAclRequest request) {
  auto look = [&](store::Tx& tx) { return require_bucket(tx, where_of(caller, request)); };
  TM_CO_TRY(const auto bucket, co_await core_.store.read(look));
  const auto owner = canonical_id(bucket.scope.account);
  bool own = !request.GrantRead && !request.GrantWrite && !request.GrantReadACP &&
             !request.GrantWriteACP && !request.GrantFullControl;
  if (request.ACL)
    own = own && (*request.ACL == "private" || *request.ACL == "bucket-owner-full-control");
  if (request.AccessControlPolicy && request.AccessControlPolicy->Grants) {
    for (const auto& grant : *request.AccessControlPolicy->Grants) {
      own = own && grant.Grantee && grant.Grantee->ID == owner;
    }
  } else if (own && !request.ACL) {
    co_return fail(Errc::invalid_argument, "MissingSecurityHeader",
                   "Your request was missing a required header");
  }
  if (!own) {
    co_return fail(Errc::invalid_argument, "AccessControlListNotSupported",
                   "The bucket does not allow ACLs");
  }
  co_return wire::Empty();
}

}  // namespace tidemill::s3
