#include "launcher/runtime/transports.h"

#include <algorithm>
#include <utility>

#include "common/base/error.h"

namespace shoal::launcher {

worker::Transport tensor_transport(TransportChoice asked, const std::vector<Member>& members) {
  const bool needs_one = asked == TransportChoice::shared_memory || asked == TransportChoice::unix_sockets;
  const auto other = std::find_if(members.begin(), members.end(),
                                  [&](const Member& m) { return m.host_key != members.front().host_key; });
  if (other != members.end() && needs_one)
    raise("transport {}: all processes must be on one host, there are {} and {}",
          asked == TransportChoice::unix_sockets ? "unix" : "shm", members.front().host, other->host);
  if (asked == TransportChoice::shared_memory) return worker::Transport::shared_memory;
  const bool memory = asked == TransportChoice::automatic && other == members.end();
  return memory ? worker::Transport::automatic : worker::Transport::tcp;
}

std::string local_address(const std::string& job, int server) { return fmt::format("unix:shoal-{}-{}", job, server); }

bool listens_locally(TransportChoice asked, const std::vector<Member>& members, const std::vector<Role>& roles,
                     std::size_t server) {
  if (asked == TransportChoice::tcp) return false;
  for (std::size_t i = 0; i < members.size(); ++i)
    if (!roles[i].server && members[i].host_key == members[server].host_key) return true;
  return false;
}

std::vector<std::string> addresses_of_server(TransportChoice asked, const Member& worker, const Member& server,
                                             const Listening& listening, const std::string& job, int rank) {
  if (asked == TransportChoice::tcp || worker.host_key != server.host_key) return listening.addresses;
  std::vector<std::string> addresses{local_address(job, rank)};
  if (asked != TransportChoice::unix_sockets)
    addresses.insert(addresses.end(), listening.addresses.begin(), listening.addresses.end());
  return addresses;
}

std::string describe(worker::Transport tensors, const std::vector<std::string>& protocols) {
  std::vector<std::pair<std::string, int>> counts;
  for (const std::string& protocol : protocols) {
    const auto found = std::find_if(counts.begin(), counts.end(), [&](const auto& c) { return c.first == protocol; });
    if (found == counts.end())
      counts.emplace_back(protocol, 1);
    else
      ++found->second;
  }
  std::string text = tensors == worker::Transport::tcp ? "" : "shared memory";
  for (const auto& [protocol, count] : counts)
    text += fmt::format("{}{} to {} server{}", text.empty() ? "" : ", ", protocol, count, count == 1 ? "" : "s");
  return text;
}

}  // namespace shoal::launcher
