/// The command line. Exit codes: 0 done, 1 failed, 2 wrong use.
#pragma once

namespace tidemill::cli {

int run(int argc, char** argv);

}  // namespace tidemill::cli
