#pragma once

#include <string>
#include <vector>

#include "launcher/runtime/roles.h"

namespace shoal::launcher {

// What every process tells all others at the rendezvous.
struct Member {
  Claim claim;
  std::string host, host_key, processors;
  int processor_count = 1;
};

std::string encode(const Member& member);
Member decode_member(const std::string& text);

// Where a server is found, at all addresses by the same port; a worker gives port 0.
struct Listening {
  std::vector<std::string> addresses = {};  // most likely first
  int port = 0;
};

std::string encode(const Listening& listening);
Listening decode_listening(const std::string& text);

}  // namespace shoal::launcher
