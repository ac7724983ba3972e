#include "launcher/runtime/roles.h"

#include <algorithm>

#include "common/base/error.h"

namespace shoal::launcher {
namespace {

std::string number_text(int servers) { return servers == kColocated ? "colocated" : fmt::format("{}", servers); }

}  // namespace

std::vector<Role> resolve_roles(const std::vector<Claim>& claims) {
  const int size = static_cast<int>(claims.size());
  std::vector<Role> roles;
  int workers = 0, servers = 0;
  const bool named = !claims.front().role.empty();
  for (int i = 0; i < size; ++i) {
    const Claim& claim = claims[static_cast<std::size_t>(i)];
    if (claim.role.empty() == named)
      raise("roles: either every process names its role or none does, process {} {}", i,
            named ? "does not" : "does and process 0 does not");
    if (!named && claim.servers != claims.front().servers)
      raise("roles: every process must be given the same number of servers, process 0 has {}, process {} has {}",
            number_text(claims.front().servers), i, number_text(claim.servers));
    if (!named && claim.servers < 0 && claim.servers != kColocated)
      raise(
          "roles: {} processes were started, but nothing says how many are servers: give --shoal-servers N (or "
          "colocated) or SHOAL_SERVERS, or a role to each part, or use `shoal run`",
          size);
    const bool server = named ? claim.role == "server" : i >= size - std::max(claim.servers, 0);
    roles.push_back({server, server ? servers++ : workers++});
  }
  if (!named && claims.front().servers >= size)
    raise("roles: of {} processes at most {} can be servers, received {}", size, size - 1, claims.front().servers);
  if (!named && claims.front().servers == kColocated) return roles;
  if (workers == 0 || servers == 0)
    raise("roles: a job needs at least one worker and one server, received {} workers and {} servers", workers,
          servers);
  return roles;
}

std::string name_of(const Role& role) { return fmt::format("{} {}", role.server ? "server" : "worker", role.rank); }

}  // namespace shoal::launcher
