#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "launcher/commands.h"
#include "launcher/doctor/findings.h"
#include "launcher/doctor/probe.h"
#include "launcher/doctor/tables.h"
#include "launcher/doctor_jobs.h"
#include "launcher/mpirun.h"
#include "launcher/runtime/host.h"
#include "launcher/server_choice.h"

namespace shoal::launcher {
namespace {

// Each host once, with all its slots; of a single host two, so that there is a pair.
std::vector<ExaminedHost> hosts_of(const DoctorOptions& options) {
  std::vector<ExaminedHost> hosts;
  if (options.hostfile.empty()) {
    if (in_allocation())
      raise("shoal doctor: within a batch system's allocation a hostfile must name the hosts; try --hostfile");
    hosts.push_back({.name = host_name(), .slots = 0, .failure = "", .clock_offset = 0, .facts = {}});
  } else {
    if (!std::filesystem::exists(options.hostfile))
      raise<IoError>("shoal doctor: {}: no such hostfile", options.hostfile);
    for (const HostSlots& line : read_hostfile(options.hostfile)) {
      const auto same =
          std::find_if(hosts.begin(), hosts.end(), [&](const auto& host) { return host.name == line.name; });
      if (same == hosts.end())
        hosts.push_back({.name = line.name, .slots = line.slots, .failure = "", .clock_offset = 0, .facts = {}});
      else
        same->slots += line.slots;
    }
    if (hosts.empty()) raise("shoal doctor: {}: a hostfile must name at least one host", options.hostfile);
  }
  if (hosts.size() == 1) hosts.push_back(hosts.front());
  return hosts;
}

int report(const Examination& all) {
  fmt::print("{}\n{}\n", host_table(all), pair_table(all));
  const std::vector<Finding> findings = find_problems(all);
  for (const Finding& finding : findings) fmt::print("{}: {}\n", finding.error ? "error" : "warning", finding.text);
  const auto errors = std::count_if(findings.begin(), findings.end(), [](const Finding& f) { return f.error; });
  fmt::print("errors: {}, warnings: {}\n", errors, static_cast<std::ptrdiff_t>(findings.size()) - errors);
  return errors == 0 ? 0 : 1;
}

int run_doctor(const DoctorOptions& options) {
  Examination all{.hosts = hosts_of(options), .pairs = {}, .rendezvous_failure = ""};
  if (options.port + static_cast<int>(all.hosts.size()) > 65536)
    raise("shoal doctor: {} hosts from port {} on need more ports than there are", all.hosts.size(), options.port);
  examine_hosts(options, all);
  // With a host that cannot be reached, mpirun starts nothing at all.
  if (std::all_of(all.hosts.begin(), all.hosts.end(), [](const auto& host) { return host.failure.empty(); }))
    try_rendezvous(options, all);
  return report(all);
}

void add_probe(CLI::App& tool, int& exit_code) {
  auto options = std::make_shared<ProbeOptions>();
  auto rendezvous = std::make_shared<bool>(false);
  CLI::App* command = tool.add_subcommand(kProbeCommand, "What shoal doctor starts on each host")->group("");
  command->add_option("--place", options->place);
  command->add_option("--port", options->port);
  command->add_flag("--this-host-only", options->this_host_only);
  command->add_flag("--rendezvous", *rendezvous);
  command->callback([options, rendezvous, &exit_code] {
    options->shoal_version = SHOAL_VERSION;
    exit_code = *rendezvous ? run_rendezvous_probe() : run_probe(*options);
  });
}

}  // namespace

void add_doctor(CLI::App& tool, int& exit_code) {
  auto options = std::make_shared<DoctorOptions>();
  CLI::App* command = tool.add_subcommand(
      "doctor", "Look at the hosts of a job before it starts: what they are, how they reach each other, what is wrong");
  command->add_option("--hostfile", options->hostfile, "The hosts, as for shoal run; without it this host only")
      ->type_name("FILE");
  command
      ->add_option("--port", options->port,
                   "Try this port and those after it, one a host, as --port of shoal run takes them; 0: any free ones")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command->add_option("--timeout", options->timeout, "Give a host up that has not answered after so many seconds")
      ->check(CLI::Range(1.0, 3600.0))
      ->capture_default_str();
  command->footer(
      "Prints a table of hosts, a table of pairs of hosts, and one line for each finding: `error:` for what makes a "
      "job fail, `warning:` for what makes it slow or different. The exit code is 0 only when there is no error.");
  command->callback([options, &exit_code] { exit_code = run_doctor(*options); });
  add_probe(tool, exit_code);
}

}  // namespace shoal::launcher
