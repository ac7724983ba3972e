#pragma once

#include <string>
#include <vector>

namespace shoal::launcher {

// What /proc says of the processes on this host that carry `variable`=`value` in their environment.
struct HostProcess {
  int pid = 0;
  int place = -1;  // among all processes of its MPI job; -1: not started by mpirun
};

std::vector<HostProcess> processes_with(const std::string& variable, const std::string& value);
bool is_alive(int pid);    // false for a zombie too
bool is_stopped(int pid);  // by a signal or a debugger

}  // namespace shoal::launcher
