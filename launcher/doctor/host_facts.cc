#include "launcher/doctor/host_facts.h"

#include <fmt/core.h>
#include <sched.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/mpi/session.h"
#include "launcher/doctor/group_limits.h"
#include "launcher/runtime/host.h"
#include "model/kernels/table.h"

namespace shoal::launcher {
namespace {

void find_processors(HostFacts& facts) {
  facts.cores = static_cast<int>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN)));
  facts.usable = facts.cores;
  facts.binding = "none";
  cpu_set_t set;
  CPU_ZERO(&set);
  if (::sched_getaffinity(0, sizeof set, &set) == 0) {
    std::vector<int> mine;
    for (int i = 0; i < CPU_SETSIZE; ++i)
      if (CPU_ISSET(i, &set)) mine.push_back(i);
    facts.usable = static_cast<int>(mine.size());
    if (facts.usable < facts.cores) facts.binding = ranges_of(mine);
  }
  if (const double share = group_processors(); share > 0)
    facts.usable = std::clamp(static_cast<int>(share + 0.5), 1, facts.usable);
}

void find_memory(HostFacts& facts) {
  const auto [total, available] = group_memory();
  facts.memory_total = total;
  facts.memory_available = available;
  struct statvfs shared {};
  if (::access("/dev/shm", W_OK) != 0 || ::statvfs("/dev/shm", &shared) != 0) return;
  facts.shared_total = static_cast<std::int64_t>(shared.f_blocks * shared.f_frsize);
  facts.shared_available = static_cast<std::int64_t>(shared.f_bavail * shared.f_frsize);
}

}  // namespace

std::string ranges_of(const std::vector<int>& processors) {
  std::string text;
  for (std::size_t i = 0, end = 0; i < processors.size(); i = end) {
    for (end = i + 1; end < processors.size() && processors[end] == processors[end - 1] + 1;) ++end;
    text += fmt::format("{}{}", text.empty() ? "" : ",", processors[i]);
    if (end - i > 1) text += fmt::format("-{}", processors[end - 1]);
  }
  return text;
}

HostFacts gather_facts(const std::string& shoal_version) {
  HostFacts facts;
  facts.name = host_name();
  facts.key = host_key();
  facts.interfaces = interfaces(false);
  facts.address = routable_address();
  facts.shoal = shoal_version;
  facts.mpi = mpi::library_name();
  try {
    facts.kernels = kernels::table<float>().level;
  } catch (const ValueError& error) {
    facts.kernels_error = error.what();
  }
  find_processors(facts);
  find_memory(facts);
  return facts;
}

NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(Interface, name, address, skipped)
NLOHMANN_DEFINE_TYPE_NON_INTRUSIVE_WITH_DEFAULT(HostFacts, name, key, interfaces, address, shoal, mpi, kernels,
                                                kernels_error, cores, usable, binding, memory_total, memory_available,
                                                shared_total, shared_available)

std::string encode(const HostFacts& facts) {
  return nlohmann::json(facts).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

HostFacts decode_facts(std::string_view text) {
  try {
    return nlohmann::json::parse(text).get<HostFacts>();
  } catch (const nlohmann::json::exception& error) {
    raise<PeerError>("shoal doctor: a host's facts cannot be read: {}", error.what());
  }
}

}  // namespace shoal::launcher
