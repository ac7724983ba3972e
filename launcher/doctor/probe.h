#pragma once

#include <string>

namespace shoal::launcher {

// The process that `shoal doctor` starts on each host. It answers one request after the other and ends when it is told
// to, when its connection closes, or when nothing comes for two minutes.
//
//   probe -> doctor   {"facts": "...", "port": 4711}, or {"error": "..."}
//   doctor -> probe   "clock"                         -> its wall clock in seconds
//   doctor -> probe   {"address": ..., "port": ...}   -> a trip (pair_probe.h)
//   doctor -> probe   "end"
inline const std::string kClockRequest = "clock", kEndRequest = "end";
inline const std::string kMet = "met";

struct ProbeOptions {
  int place = 0;  // among the probes
  int port = 0;   // for other probes; 0: any free one
  bool this_host_only = false;
  std::string shoal_version;
};

// Finds its doctor as a job's process finds its supervisor, by SHOAL_SUPERVISOR, SHOAL_SUPERVISOR_SECRET and SHOAL_JOB.
// The exit code.
int run_probe(const ProbeOptions& options);

// The other kind of probe: joins MPI with all others of its kind, as a job's processes do, and says so: first its
// host's name, then kMet when every one has heard of every other.
int run_rendezvous_probe();

}  // namespace shoal::launcher
