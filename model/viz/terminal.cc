#include "model/viz/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

namespace shoal::viz {

namespace {

// mpirun gives its ranks a pseudo-terminal whatever it writes to itself, so its own standard output is asked.
bool parent_writes_to_terminal() {
  char target[256];
  const std::string link = "/proc/" + std::to_string(getppid()) + "/fd/1";
  const ssize_t length = readlink(link.c_str(), target, sizeof target);
  const std::string_view path(target, length > 0 ? static_cast<std::size_t>(length) : 0);
  return path.starts_with("/dev/pts/") || path.starts_with("/dev/tty");
}

}  // namespace

bool is_terminal() {
  if (const char* told = std::getenv("SHOAL_TERMINAL"); told != nullptr) return std::string_view(told) == "1";
  if (std::getenv("OMPI_COMM_WORLD_SIZE") != nullptr) return parent_writes_to_terminal();
  return isatty(STDOUT_FILENO) == 1;
}

int terminal_width() {
  winsize size{};
  if (isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  if (const char* columns = std::getenv("COLUMNS"); columns != nullptr && std::atoi(columns) > 0)
    return std::atoi(columns);
  return 80;
}

}  // namespace shoal::viz
