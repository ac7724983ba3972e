#pragma once

#include <optional>
#include <string>
#include <vector>

#include "launcher/doctor/channel.h"
#include "launcher/doctor/host_facts.h"
#include "launcher/doctor/pair_probe.h"

namespace shoal::launcher {

struct ExaminedHost {
  std::string name;         // as the hostfile has it
  int slots = 0;            // 0: not said
  std::string failure;      // why nothing is known of it; empty: the rest counts
  double clock_offset = 0;  // seconds ahead of the first host
  HostFacts facts;
};

struct ExaminedPair {
  int a = 0, b = 0;  // places among the hosts
  Trip there, back;  // a to b, b to a
};

// All that is known before a job starts.
struct Examination {
  std::vector<ExaminedHost> hosts;
  std::vector<ExaminedPair> pairs;  // of hosts that answered
  std::string rendezvous_failure;   // why processes on all hosts do not find each other through MPI; empty: they do
};

// Asks the probes (probe.h) of all hosts: one channel for each, none where the host has failed. A probe that breaks off
// becomes its host's failure.
void examine(std::vector<std::optional<Channel>>& probes, bool this_host_only, Examination& examination);

}  // namespace shoal::launcher
