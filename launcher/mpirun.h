#pragma once

#include <map>
#include <string>
#include <vector>

#include "launcher/run_options.h"

namespace shoal::launcher {

// What `shoal run` starts. Values that others must not see travel in the environment, never on a command line.
struct MpirunCommand {
  std::vector<std::string> arguments;
  std::map<std::string, std::string> environment;  // added to our own
};
MpirunCommand mpirun_command(const RunOptions& options, const std::map<std::string, std::string>& variables, bool root);

// Starts it in a process group of its own (a terminal's Ctrl-C reaches `shoal run` alone), ended by a signal when this
// process dies. Throws IoError when there is no such program.
struct Started {
  int pid = 0;
  int errors = -1;  // the reading end of its stderr, non-blocking
};
Started start(const MpirunCommand& command);

// Without a hostfile, mpirun takes its hosts from a batch system's allocation.
bool in_allocation();

// Removes what an mpirun that could not clean up left on this host: its session directory and the shared memory of
// its jobs (`mpi_jobs` as processes report them).
void remove_leftovers(int mpirun_pid, const std::vector<std::string>& mpi_jobs);

}  // namespace shoal::launcher
