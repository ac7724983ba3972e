#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/wire/control.h"

namespace shoal::ps {

// Rounds of collectives: a plain state machine. A round is over when every worker has contributed.
class Collectives {
 public:
  explicit Collectives(std::uint32_t workers) : contributions_(workers), finished_(workers, 0) {}

  // `number` counts a worker's collectives from 1. Returns true when the round is complete. Throws PeerError when
  // workers disagree about what they are doing.
  bool add(std::uint32_t worker, std::int64_t number, wire::Contribution contribution);
  // Each worker's result of the complete round; the next may begin.
  std::vector<wire::Contribution> take();
  bool open() const { return arrived_ > 0; }

 private:
  std::vector<std::optional<wire::Contribution>> contributions_;
  std::vector<std::int64_t> finished_;
  std::uint32_t arrived_ = 0;
  std::uint32_t first_ = 0;  // who began the round
};

}  // namespace shoal::ps
