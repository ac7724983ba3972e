#include "launcher/runtime/flags.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
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

TransportChoice to_transport(std::string_view name, std::string_view text) {
  if (text == "auto") return TransportChoice::automatic;
  if (text == "shm") return TransportChoice::shared_memory;
  if (text == "unix") return TransportChoice::unix_sockets;
  if (text == "tcp") return TransportChoice::tcp;
  raise("{}: must be 'auto', 'shm', 'unix' or 'tcp', received '{}'", name, text);
}

// A variable that is 1, 0 or empty.
bool is_set(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && to_number(name, *value == '\0' ? "0" : value, 0, 1) == 1;
}

worker::Update to_update(std::string_view name, std::string_view text) {
  if (text == "server") return worker::Update::server;
  if (text == "worker") return worker::Update::worker;
  raise("{}: must be 'server' or 'worker', received '{}'", name, text);
}

net::SendOrder to_order(std::string_view name, std::string_view text) {
  if (text == "priority") return net::SendOrder::priority;
  if (text == "arrival") return net::SendOrder::arrival;
  raise("{}: must be 'priority' or 'arrival', received '{}'", name, text);
}

constexpr std::array<std::string_view, 8> kKeys{"servers", "role",    "threads",   "transport",
                                                "update",  "address", "interface", "port"};
constexpr int kMaxProcesses = 1 << 20;

void set(Flags& flags, std::string_view name, std::string_view key, std::string_view value) {
  if (key == "servers") flags.servers = value == "colocated" ? kColocated : to_number(name, value, 0, kMaxProcesses);
  if (key == "role") flags.role = to_role(name, value);
  if (key == "threads") flags.threads = to_number(name, value, 0, 4096);
  if (key == "transport") flags.transport = to_transport(name, value);
  if (key == "address") flags.address.address = value;
  if (key == "interface") flags.address.interface = value;
  if (key == "update") flags.update = to_update(name, value);
  if (key == "port") flags.port = to_number(name, value, 0, 65535);
}

}  // namespace

Flags take_flags(int& argc, char** argv) {
  Flags flags;
  for (const auto& [variable, key] : {std::pair{"SHOAL_SERVERS", "servers"},
                                      {"SHOAL_ROLE", "role"},
                                      {"SHOAL_THREADS", "threads"},
                                      {"SHOAL_TRANSPORT", "transport"},
                                      {"SHOAL_ADDRESS", "address"},
                                      {"SHOAL_INTERFACE", "interface"},
                                      {"SHOAL_UPDATE", "update"},
                                      {"SHOAL_PORT", "port"}})
    if (const char* value = std::getenv(variable); value != nullptr && *value != '\0') set(flags, variable, key, value);
  if (const char* value = std::getenv("SHOAL_EXPLAIN"); value != nullptr && *value != '\0')
    flags.explain = to_rate("SHOAL_EXPLAIN", value);
  flags.resume = is_set("SHOAL_RESUME");
  flags.tls = is_set("SHOAL_TLS");
  if (const char* value = std::getenv("SHOAL_SEND_ORDER"); value != nullptr && *value != '\0')
    flags.order = to_order("SHOAL_SEND_ORDER", value);

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
    } else if (argument == "--shoal-tls") {
      flags.tls = true;
    } else if (argument.starts_with(kPrefix)) {
      const std::size_t equals = argument.find('=');
      const std::string_view name = argument.substr(0, equals), key = name.substr(kPrefix.size());
      if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end())
        raise("{}: no such flag; there are --shoal-tls and --shoal-{}", name, fmt::join(kKeys, ", --shoal-"));
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
