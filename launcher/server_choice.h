#pragma once

#include <string>
#include <vector>

namespace shoal::launcher {

struct HostSlots {
  std::string name;
  int slots = 0;  // 0: the hostfile does not say
};

// The lines `name slots=N ...` of an mpirun hostfile; comments and other words are left out.
std::vector<HostSlots> read_hostfile(const std::string& path);

struct ServerChoice {
  int dedicated = 0;  // server processes; 0: each worker's process is a server too
  std::string why;    // one clause
};

// What `--servers auto` means. Processes fill the hosts in order, workers first, one server process for each slot
// behind them. In units of what it takes to send all weights once over a host's network: h hosts of workers need 2 (h -
// 1) / h with servers in their processes, and max(1, h / k) with k hosts of servers; the least is taken. `hosts` is
// empty where there is no hostfile: then all is on one host and nothing travels.
ServerChoice choose_servers(int workers, const std::vector<HostSlots>& hosts);

}  // namespace shoal::launcher
