/// Parameter Store's operations: each maps a request to the parameters. Made once by the server;
/// called on event loops.
#pragma once

#include "base/caller.h"
#include "ssm/parameters.h"
#include "store/store.h"
#include "wire/auth.h"
#include "wire/gen/ssm.h"
#include "wire/router.h"

namespace tidemill::ssm {

namespace w = wire::ssm;

class Api {
 public:
  /// All outlive the Api.
  struct Parts {
    store::Store& store;
    const Parameters& parameters;
    const wire::Authorizer& authorizer;
  };
  explicit Api(const Parts& parts)
      : store_(parts.store), parameters_(parts.parameters), authorizer_(parts.authorizer) {}

  void register_with(wire::Router& router);

 private:
  template <class Response>
  using Reply = Task<Result<Response>>;

  void register_lists(wire::Router& router);
  void register_marks(wire::Router& router);

  Reply<w::PutParameterResult> put(const Caller& caller, w::PutParameterRequest request);
  Reply<w::GetParameterResult> get(const Caller& caller, w::GetParameterRequest request);
  Reply<w::GetParametersResult> get_many(const Caller& caller, w::GetParametersRequest request);
  Reply<w::DeleteParameterResult> remove(const Caller& caller, w::DeleteParameterRequest request);
  Reply<w::DeleteParametersResult> remove_many(const Caller& caller,
                                               w::DeleteParametersRequest request);

  Reply<w::GetParametersByPathResult> get_by_path(const Caller& caller,
                                                  w::GetParametersByPathRequest request);
  Reply<w::DescribeParametersResult> describe(const Caller& caller,
                                              w::DescribeParametersRequest request);
  Reply<w::GetParameterHistoryResult> history(const Caller& caller,
                                              w::GetParameterHistoryRequest request);

  Reply<w::LabelParameterVersionResult> label(const Caller& caller,
                                              w::LabelParameterVersionRequest request);
  Reply<w::UnlabelParameterVersionResult> unlabel(const Caller& caller,
                                                  w::UnlabelParameterVersionRequest request);
  Reply<w::AddTagsToResourceResult> tag(const Caller& caller, w::AddTagsToResourceRequest request);
  Reply<w::RemoveTagsFromResourceResult> untag(const Caller& caller,
                                               w::RemoveTagsFromResourceRequest request);
  Reply<w::ListTagsForResourceResult> list_tags(const Caller& caller,
                                                w::ListTagsForResourceRequest request);

  [[nodiscard]] Result<w::Parameter> shown(const Parameter& parameter, bool decrypted) const;
  [[nodiscard]] Status may(const Caller& caller, std::string_view action,
                           const std::vector<std::string>& names) const;

  store::Store& store_;
  const Parameters& parameters_;
  const wire::Authorizer& authorizer_;
};

/// The parameter that IAM decides on, by a name as requests give it.
[[nodiscard]] wire::Access on_parameter(const Caller& caller, std::string_view name);
template <class Request>
wire::Access by_name(const Caller& caller, const Request& request) {
  return on_parameter(caller, *request.Name);
}

[[nodiscard]] Tags tags_given(const std::optional<std::vector<w::Tag>>& tags);

}  // namespace tidemill::ssm
