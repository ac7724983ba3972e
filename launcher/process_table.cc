#include "launcher/process_table.h"

#include <dirent.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <sstream>
#include <string_view>

namespace shoal::launcher {
namespace {

// Empty when the process goes while it is read: operator<< catches what the file's buffer throws then.
std::string content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Where the value of `variable` begins in an environment block, or npos.
std::size_t find(std::string_view environment, const std::string& variable) {
  const std::string key = variable + "=";
  for (std::size_t at = 0; at < environment.size(); at = environment.find('\0', at) + 1) {
    if (environment.substr(at, key.size()) == key) return at + key.size();
    if (environment.find('\0', at) == std::string_view::npos) break;
  }
  return std::string_view::npos;
}

// The kernel's letter for what the process does; 0 when there is none.
char state_of(int pid) {
  const std::string status = content("/proc/" + std::to_string(pid) + "/stat");
  const std::size_t end = status.rfind(')');  // the name before may hold anything
  return end != std::string::npos && end + 2 < status.size() ? status[end + 2] : '\0';
}

}  // namespace

std::vector<HostProcess> processes_with(const std::string& variable, const std::string& value) {
  std::vector<HostProcess> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir("/proc"), &::closedir);
  if (!directory) return found;
  while (const dirent* entry = ::readdir(directory.get())) {
    const int pid = std::atoi(entry->d_name);
    if (pid <= 0) continue;
    const std::string environment = content("/proc/" + std::string(entry->d_name) + "/environ");
    const std::size_t at = find(environment, variable);
    if (at == std::string::npos || environment.c_str() + at != value) continue;
    const std::size_t place = find(environment, "OMPI_COMM_WORLD_RANK");
    found.push_back({pid, place == std::string::npos ? -1 : std::atoi(environment.c_str() + place)});
  }
  return found;
}

bool is_alive(int pid) {
  const char state = state_of(pid);
  return state != 0 && state != 'Z' && state != 'X';
}

bool is_stopped(int pid) {
  const char state = state_of(pid);
  return state == 'T' || state == 't';
}

}  // namespace shoal::launcher
