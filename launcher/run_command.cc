#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>

#include "common/base/error.h"
#include "common/base/log.h"
#include "launcher/commands.h"
#include "launcher/server_choice.h"
#include "launcher/supervisor.h"

namespace shoal::launcher {
namespace {

// As a shell finds it. mpirun would wait for ever for a program that is not there.
bool can_be_run(const std::string& program) {
  if (program.find('/') != std::string::npos) return ::access(program.c_str(), X_OK) == 0;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/" + program).c_str(), X_OK) == 0) return true;
  return false;
}

void check(const RunOptions& options) {
  if (options.program.empty()) raise("shoal run: a program must follow the options; try shoal run --help");
  if (!can_be_run(options.program.front()))
    raise("shoal run: {}: no such program, or it may not be run", options.program.front());
  if (!options.hostfile.empty() && !std::filesystem::exists(options.hostfile))
    raise<IoError>("shoal run: {}: no such hostfile", options.hostfile);
}

int number_of_servers(const std::string& asked, const RunOptions& options) {
  if (asked == "colocated") return 0;
  if (asked != "auto") return std::stoi(asked);
  const ServerChoice choice = choose_servers(
      options.workers, options.hostfile.empty() ? std::vector<HostSlots>() : read_hostfile(options.hostfile));
  log::info("servers: {}, since {}",
            choice.dedicated == 0 ? "in the workers' processes" : fmt::format("{} processes", choice.dedicated),
            choice.why);
  return choice.dedicated;
}

}  // namespace

void add_run(CLI::App& tool, int& exit_code) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = tool.add_subcommand(
      "run", "Train on several processes, started through mpirun: shoal run [OPTIONS] PROGRAM [ARGUMENTS...]");
  command
      ->add_option("-w,--workers", options->workers, "Worker processes: each runs the program on its part of a batch")
      ->check(CLI::Range(1, 1 << 20))
      ->capture_default_str();
  auto servers = std::make_shared<std::string>("1");
  command
      ->add_option("-s,--servers", *servers,
                   "Parameter server processes: they hold the weights; or `colocated`: every worker's process is a "
                   "server too; or `auto`: what moves the weights over the network the fewest times")
      ->type_name("INT|colocated|auto")
      ->check(CLI::Range(1, 1 << 20) | CLI::IsMember({"colocated", "auto"}))
      ->capture_default_str();
  command->add_option("--hostfile", options->hostfile, "Hosts to run on, as mpirun reads them: `name slots=N` a line")
      ->type_name("FILE");
  command
      ->add_option("-t,--threads", options->threads, "Compute threads of a worker; 0: the host's cores, shared fairly")
      ->check(CLI::Range(0, 4096))
      ->capture_default_str();
  command
      ->add_option(
          "--transport", options->transport,
          "How gradients travel: shm, memory that all processes of one host share; unix, the host's own sockets; tcp; "
          "auto: shm where all processes are on one host, else unix within a host and tcp between hosts")
      ->check(CLI::IsMember({"auto", "shm", "unix", "tcp"}))
      ->capture_default_str();
  command->add_flag("--tls", options->tls, "Encrypt what travels by TCP (TLS 1.3, by a key made for the job)");
  command
      ->add_option("--interface", options->interface,
                   "Servers are found at the addresses of this network interface (eth0) or network (10.1.0.0/16); by "
                   "default at all but those of containers' and virtual machines' bridges")
      ->type_name("NAME|NETWORK");
  command
      ->add_option("--update", options->update,
                   "Who applies the optimizer: server, the parameter servers; worker, every worker to weights of its "
                   "own, from sums that the servers make. Where weights have constraints, workers do")
      ->check(CLI::IsMember({"server", "worker"}))
      ->capture_default_str();
  command
      ->add_option("--explain", options->explain,
                   "Print where weights are placed, what a step moves, and the least time that takes where a host's "
                   "network moves so many Gbit/s")
      ->type_name("GBIT")
      ->check(CLI::Range(1e-3, 1e6));
  command->add_option("--port", options->port, "Server number s listens at this port + s; 0: at any free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  command->add_option("--timeout", options->timeout, "End the job after so many seconds; 0: never")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command
      ->add_option("--profile", options->profile,
                   "Where training's time goes: a file for Chrome's tracing page, and a table")
      ->type_name("FILE");
  command->add_flag("--resume", options->resume, "Tell the program to go on from its newest checkpoint");
  command->footer("Everything after PROGRAM is passed to it. The exit code is 0 only when every process ended well.");
  command->prefix_command();
  command->callback([command, options, servers, &exit_code] {
    options->program = command->remaining();
    check(*options);
    options->servers = number_of_servers(*servers, *options);
    exit_code = supervise(*options);
  });
}

}  // namespace shoal::launcher
