#pragma once

#include <cstdint>
#include <utility>

#include "common/optim/tile_board.h"
#include "ps/client/client.h"

namespace shoal::worker {

// A worker's part in the tiles of a board: what it does while it waits. Thread-safe but for `help`.
class TileWork {
 public:
  // `spin`: a waiting thread has a processor to itself.
  TileWork(optim::TileBoard board, ps::Client& client, bool spin)
      : board_(std::move(board)), client_(client), spin_(spin) {}
  optim::TileBoard& board() { return board_; }

  // Everything that can be done now, on all threads of the pool when it is much. For the training thread alone.
  void help(std::size_t first);
  // Works until the variable has been through so many rounds. Throws PeerError when the job is lost.
  void wait_for(std::size_t variable, std::int64_t rounds);
  // Until `done()`, with what `work()` does: false when there was nothing to do. Throws as wait_for.
  template <class Done, class Work>
  void wait_until(Done done, Work work) {
    while (!done()) {
      const std::uint32_t seen = board_.seen();
      if (!work() && !something_happened(seen)) sleep(seen);
    }
  }

 private:
  bool something_happened(std::uint32_t seen) const;
  void sleep(std::uint32_t seen);

  optim::TileBoard board_;
  ps::Client& client_;
  const bool spin_;
};

}  // namespace shoal::worker
