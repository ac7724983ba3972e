#pragma once

#include <string>
#include <vector>

namespace shoal::launcher {

std::string host_name();
// Equal for two processes exactly when a loopback address reaches from one to the other: name and network namespace.
std::string host_key();
// The processors this process may run on, as text: processes with equal texts on one host share these cores.
std::string processors();
int count_processors();
// An IPv4 address of this host that the host of mpirun reaches: SHOAL_ADDRESS, else the one that the route to mpirun
// starts from, else the first that is not loopback.
std::string routable_address();
// All IPv4 addresses that are up, loopback last.
std::vector<std::string> addresses();

}  // namespace shoal::launcher
