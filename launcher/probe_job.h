#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "launcher/doctor/channel.h"

namespace shoal::launcher {

// Probes started through mpirun, as `shoal run` starts a job's processes. Its end is theirs: the destructor tells none
// of them anything, waits a few seconds for each mpirun, and then kills it.
class ProbeJob {
 public:
  // One mpirun: its own options ("--host", "a") and the arguments of the tool `shoal` on that side. Probe k of the job
  // is at place k: `processes` of the first mpirun, then of the second, and so on.
  struct Part {
    std::vector<std::string> mpirun_options, arguments;
    int processes = 1;
  };
  // Throws IoError when there is no mpirun.
  static std::unique_ptr<ProbeJob> start(const std::vector<Part>& parts, const std::string& hostfile);
  virtual ~ProbeJob() = default;

  // Until all have called or failed, or the time is over: one channel per place, none where failures() says why.
  virtual std::vector<std::optional<Channel>> wait(double seconds) = 0;
  virtual const std::vector<std::string>& failures() const = 0;  // by place
  virtual std::string complaint() = 0;                           // of the first mpirun that wrote one
};

// What an mpirun's errors say first: the lines of its first paragraph as one, without rulers, cut after 240 bytes.
std::string first_complaint(const std::string& errors);

}  // namespace shoal::launcher
