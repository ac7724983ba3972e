#include "launcher/server_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <string_view>

namespace shoal::launcher {

std::vector<HostSlots> read_hostfile(const std::string& path) {
  constexpr std::string_view kSlots = "slots=";
  std::vector<HostSlots> hosts;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    HostSlots host;
    if (!(words >> host.name)) continue;
    for (std::string word; words >> word;)
      if (word.starts_with(kSlots)) std::from_chars(word.data() + kSlots.size(), word.data() + word.size(), host.slots);
    hosts.push_back(host);
  }
  return hosts;
}

ServerChoice choose_servers(int workers, const std::vector<HostSlots>& hosts) {
  if (hosts.size() < 2) return {0, "all workers are on one host"};
  if (std::any_of(hosts.begin(), hosts.end(), [](const HostSlots& host) { return host.slots < 1; }))
    return {0, "the hostfile does not say slots=N of every host"};
  int filled = 0;
  std::size_t busy = 0;  // hosts that have workers
  while (busy < hosts.size() && filled < workers) filled += hosts[busy++].slots;
  if (filled != workers) return {0, "the workers do not fill their hosts' slots"};
  const std::size_t free = std::min(hosts.size() - busy, busy);
  const double h = static_cast<double>(busy), colocated = 2 * (h - 1) / h;
  if (free == 0) return {0, fmt::format("workers fill all {} hosts", busy)};
  const double dedicated = std::max(1.0, h / static_cast<double>(free));
  if (dedicated >= colocated)
    return {0, fmt::format("a step sends the weights {:.2f} times over a host's network, {:.2f} times with servers on "
                           "the {} free hosts",
                           colocated, dedicated, free)};
  int processes = 0;
  for (std::size_t i = busy; i < busy + free; ++i) processes += hosts[i].slots;
  return {processes,
          fmt::format("on {} free hosts; a step sends the weights {:.2f} times over a host's network, {:.2f} "
                      "times with servers in the workers' processes",
                      free, dedicated, colocated)};
}

}  // namespace shoal::launcher
