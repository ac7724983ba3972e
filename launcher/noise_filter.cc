#include "launcher/noise_filter.h"

#include <fmt/core.h>

#include <utility>

namespace shoal::launcher {

NoiseFilter::NoiseFilter(const std::string& host, int mpirun_pid)
    : noise_(fmt::format("[{}:{:05}] PMIX ERROR: BAD-PARAM in file ", host, mpirun_pid)) {}

std::string NoiseFilter::pass(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    if (state_ == State::kLineStart) {
      held_ += c;
      if (held_ == noise_) {
        state_ = State::kDropping;
        held_.clear();
      } else if (noise_.compare(0, held_.size(), held_) != 0) {
        state_ = c == '\n' ? State::kLineStart : State::kMiddle;
        out += std::exchange(held_, {});
      }
      continue;
    }
    if (state_ == State::kMiddle) out += c;
    if (c == '\n') state_ = State::kLineStart;
  }
  return out;
}

std::string NoiseFilter::rest() { return std::exchange(held_, {}); }

}  // namespace shoal::launcher
