#pragma once

#include <string>
#include <vector>

#include "common/net/send_order.h"
#include "launcher/runtime/host.h"
#include "launcher/runtime/transports.h"
#include "worker/run_context.h"

namespace shoal::launcher {

// What the command line or the environment says about this process's part; a flag wins over its variable.
struct Flags {
  // --shoal-servers N, SHOAL_SERVERS: the last N processes are servers; "colocated" (kColocated): every one is, too
  int servers = -1;
  std::string role;  // --shoal-role worker|server, SHOAL_ROLE: this process's role, whatever its place
  int threads = 0;   // --shoal-threads N, SHOAL_THREADS: compute threads; 0: the host's cores shared fairly
  int port = 0;      // --shoal-port N, SHOAL_PORT: server s listens at N + s; 0: any free one
  // --shoal-transport auto|shm|unix|tcp, SHOAL_TRANSPORT
  TransportChoice transport = TransportChoice::automatic;
  bool tls = false;  // --shoal-tls, SHOAL_TLS=1: what goes by TCP is encrypted
  // --shoal-address A, SHOAL_ADDRESS, and --shoal-interface NAME, SHOAL_INTERFACE: where this process's server is found
  AddressChoice address = {};
  worker::Update update = worker::Update::server;   // --shoal-update server|worker, SHOAL_UPDATE
  net::SendOrder order = net::SendOrder::priority;  // SHOAL_SEND_ORDER: priority|arrival
  double explain = 0;                               // SHOAL_EXPLAIN: Gbit/s of a host's network; 0: no explanation
  bool resume = false;                              // --resume, SHOAL_RESUME=1
  bool role_flags = false;                          // servers or role came from the command line
};

// Removes what it understands from argv; the rest is the program's. Throws ValueError on an unknown `--shoal-` flag,
// a missing or impossible value.
Flags take_flags(int& argc, char** argv);

}  // namespace shoal::launcher
