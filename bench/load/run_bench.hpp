// tern bench: the load generator as a program.
#pragma once

namespace tern::bench {

// argv[0] is the program's name. The status to exit with: 0, 1 when the run failed, another for arguments
// that are none.
int run_bench(int argc, char** argv);

}  // namespace tern::bench
