#pragma once

#include <string>
#include <vector>

#include "worker/run_context.h"

namespace shoal::launcher {

// What the command line or the environment says about this process's part; a flag wins over its variable.
struct Flags {
  // --shoal-servers N, SHOAL_SERVERS: the last N processes are servers; "colocated" (kColocated): every one is, too
  int servers = -1;
  std::string role;  // --shoal-role worker|server, SHOAL_ROLE: this process's role, whatever its place
  int threads = 0;   // --shoal-threads N, SHOAL_THREADS: compute threads; 0: the host's cores shared fairly
  int port = 0;      // --shoal-port N, SHOAL_PORT: server s listens at N + s; 0: any free one
  // --shoal-transport auto|tcp|shm, SHOAL_TRANSPORT
  worker::Transport transport = worker::Transport::automatic;
  double explain = 0;       // SHOAL_EXPLAIN: Gbit/s of a host's network; 0: no explanation
  bool resume = false;      // --resume, SHOAL_RESUME=1
  bool role_flags = false;  // servers or role came from the command line
};

// Removes what it understands from argv; the rest is the program's. Throws ValueError on an unknown `--shoal-` flag,
// a missing or impossible value.
Flags take_flags(int& argc, char** argv);

}  // namespace shoal::launcher
