/// The settings of a bucket that are kept and told again as they were put: encryption, public
/// access, policy, CORS, lifecycle and the like. One way for all of them: what a setting is stands
/// in a `Setting`, its members in the wire's tables, and only its rules are code. Made once by the
/// server; called on event loops.
#pragma once

#include "base/caller.h"
#include "s3/api_values.h"
#include "s3/objects.h"
#include "wire/gen/s3.h"
#include "wire/router.h"

namespace tidemill::s3 {

struct Setting {
  std::string_view name;     ///< In bucket_settings.
  std::string_view initial;  ///< What a bucket has that was never told otherwise; empty: nothing.
  std::string_view code = {}, message = {};  ///< AWS's error where there is nothing.
  bool initial_once = false;                 ///< After a delete there is nothing.
  int put_status = 200;
};

class SettingsApi {
 public:
  explicit SettingsApi(const Core& core) : core_(core) {}

  void register_with(wire::Router& router);

  template <class Op, const Setting& setting>
  Task<Result<typename Op::Response>> get(const Caller& caller, typename Op::Request request) {
    TM_CO_TRY(const auto text, co_await load(where_of(caller, request), setting));
    typename Op::Response out;
    TM_CO_CHECK(show(*Op::operation.output, text, &out));
    if constexpr (requires { out.TransitionDefaultMinimumObjectSize; }) {
      TM_CO_TRY(out.TransitionDefaultMinimumObjectSize, smallest_transition(text));
    }
    co_return out;
  }

  template <class Op, const Setting& setting>
  Task<Result<wire::Download<typename Op::Response>>> put(const Caller& caller,
                                                          typename Op::Request request) {
    TM_CO_CHECK(check(request));
    auto text = text_of(*Op::operation.input, &request);
    wire::Download<typename Op::Response> answer{.head = {}, .status = setting.put_status};
    if constexpr (requires { answer.head.TransitionDefaultMinimumObjectSize; }) {
      answer.head.TransitionDefaultMinimumObjectSize = request.TransitionDefaultMinimumObjectSize;
      keep_smallest_transition(text, request.TransitionDefaultMinimumObjectSize);
    }
    TM_CO_CHECK(co_await save(where_of(caller, request), setting, std::move(text)));
    co_return answer;
  }

  template <class Op, const Setting& setting>
  Task<Result<typename Op::Response>> remove(const Caller& caller, typename Op::Request request) {
    TM_CO_CHECK(co_await drop(where_of(caller, request), setting));
    co_return typename Op::Response();
  }

  Task<Result<w::GetBucketAclOutput>> get_acl(const Caller& caller, w::GetBucketAclRequest request);
  /// Fails with AccessControlListNotSupported for all but the owner's own.
  Task<Result<wire::Empty>> put_acl(const Caller& caller, w::PutBucketAclRequest request);

 private:
  template <class Get, class Put, class Delete, const Setting& setting>
  void serve(wire::Router& router) {
    serve<Get, setting>(router);
    router.on<Put>(this, &SettingsApi::put<Put, setting>, bucket_access<typename Put::Request>);
    router.on<Delete>(this, &SettingsApi::remove<Delete, setting>,
                      bucket_access<typename Delete::Request>);
  }
  template <class Get, const Setting& setting>
  void serve(wire::Router& router) {
    router.on<Get>(this, &SettingsApi::get<Get, setting>, bucket_access<typename Get::Request>);
  }

  Task<Result<std::string>> load(BucketRequest where, const Setting& setting) const;
  Task<Status> save(BucketRequest where, const Setting& setting, std::string text) const;
  Task<Status> drop(BucketRequest where, const Setting& setting) const;

  // What AWS refuses beyond what its schema says; and what it adds by itself.
  static Status check(w::PutBucketEncryptionRequest& request);
  static Status check(w::PutPublicAccessBlockRequest& request);
  static Status check(w::PutBucketOwnershipControlsRequest& request);
  static Status check(w::PutBucketPolicyRequest& request);
  static Status check(w::PutBucketCorsRequest& request);
  Status check(w::PutBucketLifecycleConfigurationRequest& request);

  /// The payload of `request` as the database keeps it.
  static std::string text_of(const wire::Shape& input, const void* request);
  /// The reverse: fills the answer's payload, or the answer itself.
  static Status show(const wire::Shape& output, const std::string& text, void* answer);
  /// Lifecycle's one member that is no part of its XML.
  static void keep_smallest_transition(std::string& text, const std::optional<std::string>& value);
  static Result<std::string> smallest_transition(const std::string& text);

  const Core core_;
};

/// The name of the setting in which x-amz-object-ownership of CreateBucket is kept, as JSON.
[[nodiscard]] std::string ownership_text(std::string_view wanted);
constexpr std::string_view ownership_setting = "ownership";

}  // namespace tidemill::s3
