#pragma once

#include <string>
#include <string_view>

namespace shoal::launcher {

// Open MPI writes a line of no meaning to stderr whenever a process dies while recovery is enabled. Removes such lines
// and passes everything else on at once, unfinished lines too.
class NoiseFilter {
 public:
  NoiseFilter(const std::string& host, int mpirun_pid);
  std::string pass(std::string_view bytes);
  std::string rest();  // at the end of the stream: what still might have become noise

 private:
  const std::string noise_;  // what a line of noise begins with
  std::string held_;         // the start of a line that matches so far
  enum class State { kLineStart, kMiddle, kDropping } state_ = State::kLineStart;
};

}  // namespace shoal::launcher
