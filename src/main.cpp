#include "cli/cli.h"

int main(int argc, char** argv) { return tidemill::cli::run(argc, argv); }
