#include "launcher/runtime/flags.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "common/base/error.h"
#include "launcher/runtime/roles.h"

namespace shoal::launcher {
namespace {

int to_number(std::string_view name, std::string_view text, int low, int high) {
  int value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || value < low || value > high)
    raise("{}: must be a whole number from {} to {}, received '{}'", name, low, high, text);
  return value;
}

double to_rate(std::string_view name, std::string_view text) {
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || !std::isfinite(value) || value <= 0)
    raise("{}: must be a positive number of Gbit/s, received '{}'", name, text);
  return value;
}

std::string to_role(std::string_view name, std::string_view text) {
  if (text != "worker" && text != "server") raise("{}: must be 'worker' or 'server', received '{}'", name, text);
  return std::string(text);
}

worker::Transport to_transport(std::string_view name, std::string_view text) {
  if (text == "auto") return worker::Transport::automatic;
  if (text == "tcp") return worker::Transport::tcp;
  if (text == "shm") return worker::Transport::shared_memory;
  raise("{}: must be 'auto', 'tcp' or 'shm', received '{}'", name, text);
}

constexpr int kMaxProcesses = 1 << 20;

void set(Flags& flags, std::string_view name, std::string_view key, std::string_view value) {
  if (key == "servers") flags.servers = value == "colocated" ? kColocated : to_number(name, value, 0, kMaxProcesses);
  if (key == "role") flags.role = to_role(name, value);
  if (key == "threads") flags.threads = to_number(name, value, 0, 4096);
  if (key == "transport") flags.transport = to_transport(name, value);
  if (key == "port") flags.port = to_number(name, value, 0, 65535);
}

}  // namespace

Flags take_flags(int& argc, char** argv) {
  Flags flags;
  for (const auto& [variable, key] : {std::pair{"SHOAL_SERVERS", "servers"},
                                      {"SHOAL_ROLE", "role"},
                                      {"SHOAL_THREADS", "threads"},
                                      {"SHOAL_TRANSPORT", "transport"},
                                      {"SHOAL_PORT", "port"}})
    if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') set(flags, variable, key, value);
  if (const char* value = std::getenv("SHOAL_EXPLAIN"); value != nullptr && *value != '\0')
    flags.explain = to_rate("SHOAL_EXPLAIN", value);
  if (const char* value = std::getenv("SHOAL_RESUME"); value != nullptr)
    flags.resume = to_number("SHOAL_RESUME", *value == '\0' ? "0" : value, 0, 1) == 1;

  constexpr std::string_view kPrefix = "--shoal-";
  int kept = 1;
  for (int i = 1; i < argc; ++i) {
    std::string_view argument = argv[i];
    if (argument == "--") {  // the program's from here on
      while (i < argc) argv[kept++] = argv[i++];
      break;
    }
    if (argument == "--resume") {
      flags.resume = true;
    } else if (argument.starts_with(kPrefix)) {
      const std::size_t equals = argument.find('=');
      const std::string_view name = argument.substr(0, equals), key = name.substr(kPrefix.size());
      if (key != "servers" && key != "role" && key != "threads" && key != "port" && key != "transport")
        raise(
            "{}: no such flag; there are --shoal-servers, --shoal-role, --shoal-threads, --shoal-transport, "
            "--shoal-port",
            name);
      if (equals == std::string_view::npos && i + 1 == argc) raise("{}: a value must follow", name);
      set(flags, name, key, equals == std::string_view::npos ? argv[++i] : argument.substr(equals + 1));
      if (key == "servers" || key == "role") flags.role_flags = true;
    } else {
      argv[kept++] = argv[i];
    }
  }
  if (argc > 0) {
    argc = kept;
    argv[argc] = nullptr;
  }
  return flags;
}

}  // namespace shoal::launcher
