#include "ps/server/tile_helper.h"

#include <csignal>
#include <utility>

namespace shoal::ps {

TileHelper::TileHelper(optim::TileBoard board, int threads) : board_(std::move(board)) {
  sigset_t all, before;  // signals are the main thread's
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { work(); });
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TileHelper::~TileHelper() {
  over_ = true;
  board_.wake();
  for (std::thread& thread : threads_) thread.join();
}

void TileHelper::work() {
  constexpr int kMilliseconds = 200;  // a ring always comes first; this is for an end without one
  while (!over_) {
    const std::uint32_t seen = board_.seen();
    if (!board_.help(0) && !over_) board_.sleep(seen, kMilliseconds);
  }
}

}  // namespace shoal::ps
