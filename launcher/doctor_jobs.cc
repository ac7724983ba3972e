#include "launcher/doctor_jobs.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "common/base/error.h"
#include "launcher/doctor/probe.h"
#include "launcher/probe_job.h"

namespace shoal::launcher {
namespace {
constexpr double kPatience = 5;
}  // namespace

void examine_hosts(const DoctorOptions& options, Examination& all) {
  const bool near = options.hostfile.empty();
  std::vector<ProbeJob::Part> parts;
  for (std::size_t i = 0; i < all.hosts.size(); ++i) {
    const int port = options.port == 0 ? 0 : options.port + static_cast<int>(i);
    ProbeJob::Part part{
        .mpirun_options = {}, .arguments = {kProbeCommand, fmt::format("--place={}", i)}, .processes = 1};
    if (!near) part.mpirun_options = {"--host", all.hosts[i].name};
    part.arguments.push_back(fmt::format("--port={}", port));
    if (near) part.arguments.emplace_back("--this-host-only");
    parts.push_back(std::move(part));
  }
  const auto job = ProbeJob::start(parts, options.hostfile);
  auto probes = job->wait(options.timeout);
  for (std::size_t i = 0; i < all.hosts.size(); ++i) all.hosts[i].failure = job->failures()[i];
  examine(probes, near, all);
  probes.clear();
}

void try_rendezvous(const DoctorOptions& options, Examination& all) {
  ProbeJob::Part part{.mpirun_options = {}, .arguments = {kProbeCommand, "--rendezvous"}, .processes = 0};
  part.processes = static_cast<int>(all.hosts.size());
  if (!options.hostfile.empty()) part.mpirun_options = {"--map-by", "node"};
  const auto job = ProbeJob::start({part}, options.hostfile);
  const Deadline deadline = after(options.timeout);
  const auto fail = [&all](const std::string& where, const std::string& why) {
    all.rendezvous_failure = fmt::format("{}: {}", where, why);
  };
  auto probes = job->wait(options.timeout);
  std::vector<std::string> names(probes.size());
  for (std::size_t i = 0; i < probes.size(); ++i) {
    if (!probes[i]) return fail(fmt::format("process {}", i), job->failures()[i]);
    names[i] = "a host";
  }
  // Whoever breaks off is why the others wait.
  for (std::size_t met = 0; met < probes.size();) {
    bool news = false;
    for (std::size_t i = 0; i < probes.size(); ++i) {
      if (!probes[i] || !probes[i]->has_news(0)) continue;
      news = true;
      try {
        const std::string text = probes[i]->receive(kPatience);
        if (text != kMet) {
          names[i] = text;
          continue;
        }
        ++met;
        probes[i].reset();
      } catch (const PeerError& error) {
        const std::string why = job->complaint();
        return fail(names[i], why.empty() ? error.what() : why);
      }
    }
    if (milliseconds_until(deadline) == 0) {
      std::vector<std::string> late;
      for (std::size_t i = 0; i < probes.size(); ++i)
        if (probes[i]) late.push_back(names[i]);
      return fail(fmt::format("{}", fmt::join(late, ", ")), fmt::format("not within {} s", options.timeout));
    }
    if (!news) ::usleep(10'000);
  }
}

}  // namespace shoal::launcher
