/// Which parameters a list shows: the filters of DescribeParameters and GetParametersByPath.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "ssm/parameter.h"

namespace tidemill::ssm {

struct Filter {
  std::string key;     ///< "Name", "Path", "tag:team", …
  std::string option;  ///< "Equals", "BeginsWith", "Contains", "Recursive", "OneLevel".
  std::vector<std::string> values;
};

/// Fills in the default options. Fails with InvalidFilterKey, InvalidFilterOption or
/// InvalidFilterValue. `by_path`: those of GetParametersByPath.
[[nodiscard]] Status check_filters(std::vector<Filter>& filters, bool by_path);
/// Whether `parameter` passes all of them; asks `tx` for its tags and labels where one is on them.
[[nodiscard]] Result<bool> passes(store::Tx& tx, const std::vector<Filter>& filters,
                                  const Parameter& parameter);
/// Whether `name` is in the hierarchy `path` ("/" or "/a/b"), directly or (`recursive`) at all.
/// A name without a slash is in "/".
[[nodiscard]] bool is_under(std::string_view name, std::string_view path, bool recursive);

}  // namespace tidemill::ssm
