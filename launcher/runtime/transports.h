#pragma once

#include <string>
#include <vector>

#include "launcher/runtime/member.h"
#include "launcher/runtime/roles.h"
#include "worker/run_context.h"

namespace shoal::launcher {

// What --transport asks for. Automatic: shared memory for tensors where all of the job is on one host; for the rest,
// Unix sockets to servers on the same host and TCP to others.
enum class TransportChoice { automatic, shared_memory, unix_sockets, tcp };

// How gradients and weights travel; worker::Transport::tcp stands for sockets of any kind. Throws ValueError when what
// is asked for needs all processes on one host and they are not.
worker::Transport tensor_transport(TransportChoice asked, const std::vector<Member>& members);

// "unix:NAME" of one server: the job's id makes it unique among all jobs of the host.
std::string local_address(const std::string& job, int server);

// Whether some worker is to reach process `server` by a Unix socket.
bool listens_locally(TransportChoice asked, const std::vector<Member>& members, const std::vector<Role>& roles,
                     std::size_t server);

// What a worker tries in turn to reach server number `rank`.
std::vector<std::string> addresses_of_server(TransportChoice asked, const Member& worker, const Member& server,
                                             const Listening& listening, const std::string& job, int rank);

// "shared memory, Unix socket to 2 servers, TCP to 1 server"; the protocols of all servers.
std::string describe(worker::Transport tensors, const std::vector<std::string>& protocols);

}  // namespace shoal::launcher
