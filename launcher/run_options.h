#pragma once

#include <string>
#include <vector>

namespace shoal::launcher {

struct RunOptions {
  int workers = 1;
  int servers = 1;  // processes; 0: each worker is a server too
  std::string hostfile = {};
  int threads = 0;
  std::string profile = {};
  std::string transport = "auto";
  bool tls = false;
  std::string interface = {};
  std::string update = "server";
  double explain = 0;  // Gbit/s of a host; 0: no
  int port = 0;
  double timeout = 0;
  bool resume = false;
  std::vector<std::string> program;  // and its arguments
};

}  // namespace shoal::launcher
