#pragma once

#include <atomic>
#include <thread>
#include <vector>

#include "common/optim/tile_board.h"

namespace shoal::ps {

// Threads of a server that take tiles of a shared table while the workers compute: of use where cores are free.
class TileHelper {
 public:
  TileHelper(optim::TileBoard board, int threads);
  ~TileHelper();
  TileHelper(const TileHelper&) = delete;
  TileHelper& operator=(const TileHelper&) = delete;

 private:
  void work();

  optim::TileBoard board_;
  std::atomic<bool> over_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace shoal::ps
