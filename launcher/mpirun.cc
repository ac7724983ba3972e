#include "launcher/mpirun.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "common/base/error.h"

extern "C" char** environ;

namespace shoal::launcher {

MpirunCommand mpirun_command(const RunOptions& options, const std::map<std::string, std::string>& variables,
                             bool root) {
  MpirunCommand command;
  // mpirun shall not end the job by itself when a process dies, nor is its exit code trusted: both are the
  // supervisor's.
  command.arguments = {"mpirun", "--oversubscribe", "--bind-to", "none", "--enable-recovery"};
  if (root) command.arguments.push_back("--allow-run-as-root");
  if (!options.hostfile.empty()) command.arguments.insert(command.arguments.end(), {"--hostfile", options.hostfile});
  command.environment = variables;
  command.environment["SHOAL_SERVERS"] = options.servers == 0 ? "colocated" : std::to_string(options.servers);
  if (options.threads > 0) command.environment["SHOAL_THREADS"] = std::to_string(options.threads);
  if (options.transport != "auto") command.environment["SHOAL_TRANSPORT"] = options.transport;
  if (options.tls) command.environment.emplace("SHOAL_TLS", "1");
  if (!options.interface.empty()) command.environment["SHOAL_INTERFACE"] = options.interface;
  if (options.update != "server") command.environment["SHOAL_UPDATE"] = options.update;
  if (options.explain > 0) command.environment["SHOAL_EXPLAIN"] = fmt::format("{}", options.explain);
  if (options.port > 0) command.environment["SHOAL_PORT"] = std::to_string(options.port);
  if (!options.profile.empty()) command.environment["SHOAL_PROFILE"] = options.profile;
  // They decide about bits, or about how processes meet, so they hold on all hosts.
  for (const char* name :
       {"SHOAL_KERNELS", "SHOAL_WINOGRAD", "SHOAL_TRANSPORT", "SHOAL_TLS", "SHOAL_INTERFACE", "SHOAL_SEND_ORDER"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0')
      command.environment.emplace(name, value);
  if (options.resume) command.environment.emplace("SHOAL_RESUME", "1");
  for (const auto& [name, value] : command.environment) command.arguments.insert(command.arguments.end(), {"-x", name});
  command.arguments.insert(command.arguments.end(), {"-n", std::to_string(options.workers + options.servers)});
  command.arguments.insert(command.arguments.end(), options.program.begin(), options.program.end());
  return command;
}

Started start(const MpirunCommand& command) {
  std::vector<char*> arguments;
  for (const auto& argument : command.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  std::vector<std::string> texts;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (!command.environment.contains(text.substr(0, text.find('=')))) texts.push_back(text);
  }
  for (const auto& [name, value] : command.environment) texts.push_back(name + "=" + value);
  std::vector<char*> environment;
  for (auto& text : texts) environment.push_back(text.data());
  environment.push_back(nullptr);

  int report[2];  // carries errno when exec fails, else closes by itself
  if (::pipe2(report, O_CLOEXEC) != 0) raise<IoError>("shoal run: no pipe: {}", std::strerror(errno));
  int errors[2];
  if (::pipe2(errors, O_CLOEXEC) != 0) raise<IoError>("shoal run: no pipe: {}", std::strerror(errno));
  ::fcntl(errors[0], F_SETFL, O_NONBLOCK);
  const pid_t parent = ::getpid(), child = ::fork();
  if (child < 0) raise<IoError>("shoal run: no process: {}", std::strerror(errno));
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    ::setpgid(0, 0);
    ::dup2(errors[1], STDERR_FILENO);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    // A background group may not read the terminal; a pipe or a file is passed on to the chief.
    if (::isatty(STDIN_FILENO) != 0)
      if (const int null = ::open("/dev/null", O_RDONLY); null >= 0) ::dup2(null, STDIN_FILENO);
    ::execvpe(arguments[0], arguments.data(), environment.data());
    const int error = errno;
    [[maybe_unused]] const auto written = ::write(report[1], &error, sizeof error);
    ::_exit(127);
  }
  ::close(report[1]);
  ::close(errors[1]);
  int error = 0;
  const bool failed = ::read(report[0], &error, sizeof error) == sizeof error;
  ::close(report[0]);
  if (failed) raise<IoError>("mpirun cannot be started: {}; is Open MPI installed?", std::strerror(error));
  return {child, errors[0]};
}

bool in_allocation() {
  return std::getenv("SLURM_JOB_ID") != nullptr || std::getenv("PBS_JOBID") != nullptr ||
         std::getenv("LSB_JOBID") != nullptr;
}

void remove_leftovers(int mpirun_pid, const std::vector<std::string>& mpi_jobs) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const char* base = std::getenv("TMPDIR");
  const std::string session = fmt::format("pid.{}", mpirun_pid);
  for (const auto& entry : fs::directory_iterator(base == nullptr ? "/tmp" : base, ignored)) {
    if (!entry.path().filename().string().starts_with("ompi.")) continue;
    fs::remove_all(entry.path() / session, ignored);
    fs::remove(entry.path(), ignored);  // only when empty
  }
  for (const std::string& job : mpi_jobs) {
    std::uint32_t number = 0;
    if (std::from_chars(job.data(), job.data() + job.size(), number).ec != std::errc()) continue;
    const std::string part = fmt::format(".{:x}.", number);
    for (const auto& entry : fs::directory_iterator("/dev/shm", ignored)) {
      const std::string name = entry.path().filename().string();
      if (name.starts_with("vader_segment.") && name.find(part) != std::string::npos) fs::remove(entry.path(), ignored);
    }
  }
}

}  // namespace shoal::launcher
