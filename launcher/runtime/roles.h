#pragma once

#include <string>
#include <vector>

namespace shoal::launcher {

// What one process of the job says about its own role.
struct Claim {
  std::string role;  // "worker", "server" or empty: by place
  int servers = -1;  // by place: the last so many processes are servers; -1: not said; kColocated
};

constexpr int kColocated = -2;  // instead of a number of servers: every process is a worker and a server

struct Role {
  bool server = false;
  int rank = 0;  // among workers or among servers, in the order of the job's processes
  friend bool operator==(const Role&, const Role&) = default;
};

// The role of every process, in the order of the claims. Either all name their role, or all give the same number of
// servers. With kColocated all are workers, and server i is in worker i's process. Throws ValueError naming the process
// and the rule: at least one worker and one server are needed.
std::vector<Role> resolve_roles(const std::vector<Claim>& claims);

std::string name_of(const Role& role);  // "worker 1"

}  // namespace shoal::launcher
