#include "worker/tile_work.h"

#include <chrono>

#include "model/plan/thread_pool.h"

namespace shoal::worker {
namespace {

using Clock = std::chrono::steady_clock;

// Waking a sleeping processor costs about 20 us: so long it pays to look again and again, where nobody else wants it.
constexpr auto kSpin = std::chrono::microseconds(20);
constexpr int kSleepMilliseconds = 100;  // between two looks at whether the job still lives

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

}  // namespace

void TileWork::help(std::size_t first) {
  constexpr int kFew = 2;  // tiles: less than it takes to call the pool
  for (int i = 0; i < kFew; ++i)
    if (!board_.help(first)) return;
  auto& pool = plan::ThreadPool::global();
  const auto task = [&](std::size_t, int) {
    while (board_.help(first)) {
    }
  };
  if (pool.threads() == 1)
    task(0, 0);
  else
    pool.run(static_cast<std::size_t>(pool.threads()), task);
}

void TileWork::wait_for(std::size_t variable, std::int64_t rounds) {
  wait_until([&] { return board_.current(variable, rounds); }, [&] { return board_.help(variable); });
}

void TileWork::sleep(std::uint32_t seen) {
  board_.sleep(seen, kSleepMilliseconds);
  client_.check();
}

bool TileWork::something_happened(std::uint32_t seen) const {
  if (!spin_) return false;
  for (const auto until = Clock::now() + kSpin; Clock::now() < until; pause())
    if (board_.seen() != seen) return true;
  return false;
}

}  // namespace shoal::worker
