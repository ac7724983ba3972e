#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "launcher/runtime/supervision.h"

namespace shoal::launcher {

// A process's connection to its supervisor. A thread of its own says every second what the process is doing, and ends
// the process at once (_exit(1)) when the supervisor calls the job off or is gone.
class SupervisorLink {
 public:
  // `endpoints`: "10.0.0.1:4000,127.0.0.1:4000", tried in order. Throws PeerError when none proves to be the
  // supervisor.
  static std::unique_ptr<SupervisorLink> connect(const std::string& endpoints, std::vector<std::byte> secret,
                                                 const Hello& hello);
  virtual ~SupervisorLink() = default;
  // `what` must live for ever. Another word than before is told at once, another number with the next heartbeat.
  virtual void set_activity(const char* what, std::int64_t number) = 0;
  // Last words; afterwards nothing more is said.
  virtual void goodbye(int exit_code) = 0;
  virtual void failed(std::string_view why) = 0;
};

}  // namespace shoal::launcher
