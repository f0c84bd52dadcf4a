/// Measurements of one library with files of the caller's: `tidemill-bench NAME ARGUMENT...`.
#pragma once

#include <span>
#include <string_view>

#include "base/error.h"

namespace tidemill::bench {

struct Subcommand {
  std::string_view name;
  std::string_view arguments;
  std::string_view what;
  Status (*run)(std::span<char*> arguments);  ///< Those behind the name.
};

Status measure_pattern(std::span<char*> arguments);
/// Prints a JSON line for each figure; `arguments`: the names of those wanted, none: all.
Status measure_schedule(std::span<char*> arguments);

}  // namespace tidemill::bench
