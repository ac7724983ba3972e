#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/runtime/interfaces.h"

namespace shoal::launcher {

// What one host says about itself.
struct HostFacts {
  std::string name, key;  // as host_name() and host_key() give them
  std::vector<Interface> interfaces;
  std::string address;        // the one that a job's other hosts would use
  std::string shoal, mpi;     // versions
  std::string kernels;        // the level, "avx2"
  std::string kernels_error;  // why there is none
  int cores = 0;
  int usable = 0;                                         // of them, by affinity and the group's share of time
  std::string binding;                                    // "none", or the cores that affinity leaves: "0-3,8"
  std::int64_t memory_total = 0, memory_available = 0;    // bytes, within the group's limit
  std::int64_t shared_total = -1, shared_available = -1;  // of /dev/shm; -1: there is none
};

HostFacts gather_facts(const std::string& shoal_version);

std::string encode(const HostFacts& facts);
HostFacts decode_facts(std::string_view text);  // a field that is not there keeps its default; throws PeerError

std::string ranges_of(const std::vector<int>& processors);  // "0-3,8" of ascending numbers

}  // namespace shoal::launcher
