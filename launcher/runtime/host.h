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
// All IPv4 addresses that are up, loopback last.
std::vector<std::string> addresses();

// Which of this host's addresses servers are found at; empty: not said.
struct AddressChoice {
  std::string address = {};    // this one, whether or not an interface here has it (another host may translate it)
  std::string interface = {};  // those of "eth0", or those within "10.1.0.0/16"
};

// Where other hosts may reach this one, most likely first: what was chosen; else the address that the route to mpirun
// starts from, then those of other interfaces, but for bridges of containers and virtual machines and the like. Throws
// ValueError when no interface is as chosen.
std::vector<std::string> reachable_addresses(const AddressChoice& choice);
// The first of them, as the variables SHOAL_ADDRESS and SHOAL_INTERFACE say.
std::string routable_address();
// What a server listens on: one of this host's addresses if that was chosen, else all.
std::string bind_address(const AddressChoice& choice);

}  // namespace shoal::launcher
