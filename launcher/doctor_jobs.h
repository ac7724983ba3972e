#pragma once

#include <string>

#include "launcher/doctor/examination.h"

namespace shoal::launcher {

struct DoctorOptions {
  std::string hostfile;  // empty: this host only
  int port = 0;          // the probe at place k listens at port + k; 0: at any free one
  double timeout = 30;   // seconds for each of the two jobs to answer
};

// The hidden command of the tool `shoal` that the jobs below start.
inline constexpr const char* kProbeCommand = "doctor-probe";

// Fills in what the named hosts say about themselves and each other. An mpirun for each host, so that one that cannot
// be reached does not hide the others.
void examine_hosts(const DoctorOptions& options, Examination& all);

// Whether processes on all hosts find each other as a job's processes do: one mpirun for all, and MPI.
void try_rendezvous(const DoctorOptions& options, Examination& all);

}  // namespace shoal::launcher
