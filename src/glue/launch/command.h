/// The command line and the environment of a run's process. Pure but for what it inherits.
#pragma once

#include <string>
#include <vector>

#include "glue/launch/environment.h"
#include "glue/launch/launcher.h"

namespace tidemill::glue {

struct CommandFacts {
  std::string python, bootstrap, script;
  std::vector<std::string> modules;  ///< Files of --extra-py-files, on this machine.
  std::string python_path;           ///< More of PYTHONPATH; may be empty.
  std::string temp_dir;
  std::string manifest;  ///< The file with the keys of a batch; empty: there is none.
  std::string endpoint_url;
  RunCredentials credentials;
};

/// The URIs of --extra-py-files.
[[nodiscard]] std::vector<std::string> module_uris(const Launch& launch);

/// Fails with invalid_argument where an argument can't be one of a process (a NUL in it).
[[nodiscard]] Result<std::vector<std::string>> command_line(const Launch& launch,
                                                            const CommandFacts& facts);

/// "NAME=value" each: credentials, endpoint, region, the trigger's facts, and of this program's own
/// environment only what every process needs.
[[nodiscard]] std::vector<std::string> command_environment(const Launch& launch,
                                                           const CommandFacts& facts);

}  // namespace tidemill::glue
