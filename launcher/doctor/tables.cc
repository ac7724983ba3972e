#include "launcher/doctor/tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace shoal::launcher {
namespace {

std::string gib(std::int64_t bytes) { return fmt::format("{:.1f}", static_cast<double>(bytes) / (1 << 30)); }

// "Open MPI v4.1.4" under a head that says Open MPI.
std::string number_of(std::string_view version) {
  return std::string(version.substr(std::min(version.size(), version.find_last_of(' ') + 1)));
}

std::string interfaces_of(const HostFacts& facts) {
  std::string text;
  for (const Interface& one : facts.interfaces)
    text += fmt::format("{}{} {}{}", text.empty() ? "" : ", ", one.name, one.address, one.skipped ? " (skipped)" : "");
  return text.empty() ? "loopback only" : text;
}

std::string trip_text(const Trip& trip) {
  return trip.error.empty() ? fmt::format("{:.2f}", trip.bandwidth * 8e-9) : "-";
}

}  // namespace

std::string align(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) text += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += (row.empty() ? "" : row.back()) + "\n";
  }
  return text;
}

std::string host_table(const Examination& examination) {
  std::vector<std::vector<std::string>> rows{{"host", "address", "shoal", "Open MPI", "kernels", "cores", "binding",
                                              "memory GiB", "/dev/shm GiB", "clock ms", "interfaces"}};
  for (const ExaminedHost& host : examination.hosts) {
    const HostFacts& facts = host.facts;
    if (&host != &examination.hosts.front() && host.name == examination.hosts.front().name) continue;
    if (!host.failure.empty()) {
      rows.emplace_back(rows.front().size(), "-");
      rows.back().front() = host.name;
      continue;
    }
    rows.push_back({host.name == facts.name ? host.name : fmt::format("{} ({})", host.name, facts.name), facts.address,
                    facts.shoal, number_of(facts.mpi), facts.kernels.empty() ? "-" : facts.kernels,
                    fmt::format("{} of {}", facts.usable, facts.cores), facts.binding,
                    fmt::format("{} of {}", gib(facts.memory_available), gib(facts.memory_total)),
                    facts.shared_total < 0
                        ? "none"
                        : fmt::format("{} of {}", gib(facts.shared_available), gib(facts.shared_total)),
                    fmt::format("{:+.2f}", host.clock_offset * 1e3), interfaces_of(facts)});
  }
  return align(rows);
}

std::string pair_table(const Examination& examination) {
  std::vector<std::vector<std::string>> rows{
      {"pair", "connects", "connects back", "64 bytes us", "back us", "Gbit/s", "back Gbit/s"}};
  for (const ExaminedPair& pair : examination.pairs) {
    const auto name = [&](int place) { return examination.hosts[static_cast<std::size_t>(place)].name; };
    const auto yes = [](const Trip& trip) { return trip.error.empty() ? "yes" : "no"; };
    const auto time = [](const Trip& trip) {
      return trip.error.empty() ? fmt::format("{:.0f}", trip.round_trip * 1e6) : "-";
    };
    rows.push_back({fmt::format("{} - {}", name(pair.a), name(pair.b)), yes(pair.there), yes(pair.back),
                    time(pair.there), time(pair.back), trip_text(pair.there), trip_text(pair.back)});
  }
  return align(rows);
}

}  // namespace shoal::launcher
