#include "model/plan/packing.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

namespace shoal::plan {
namespace {

bool meet(const Lifetime& a, const Lifetime& b) { return a.first <= b.last && b.first <= a.last; }

// One after the other in `order`, each into the smallest gap between those already placed that are alive with it.
std::size_t place(std::vector<Lifetime>& all, const std::vector<std::size_t>& order) {
  std::size_t end = 0;
  std::vector<const Lifetime*> placed, near;
  for (std::size_t i : order) {
    Lifetime& mine = all[i];
    near.clear();
    for (const Lifetime* other : placed)
      if (meet(*other, mine)) near.push_back(other);
    std::sort(near.begin(), near.end(), [](const Lifetime* a, const Lifetime* b) { return a->offset < b->offset; });
    std::size_t top = 0, best = std::numeric_limits<std::size_t>::max(), best_gap = best;
    for (const Lifetime* other : near) {
      if (other->offset > top && other->offset - top >= mine.bytes && other->offset - top < best_gap) {
        best = top;
        best_gap = other->offset - top;
      }
      top = std::max(top, other->offset + other->bytes);
    }
    mine.offset = best == std::numeric_limits<std::size_t>::max() ? top : best;
    end = std::max(end, mine.offset + mine.bytes);
    placed.push_back(&mine);
  }
  return end;
}

}  // namespace

std::size_t most_live(const std::vector<Lifetime>& lifetimes) {
  std::size_t most = 0;
  for (const Lifetime& at : lifetimes) {
    std::size_t live = 0;
    for (const Lifetime& other : lifetimes)
      if (other.first <= at.first && at.first <= other.last) live += other.bytes;
    most = std::max(most, live);
  }
  return most;
}

std::size_t pack(std::vector<Lifetime>& lifetimes) {
  const std::size_t least = most_live(lifetimes);
  std::vector<std::size_t> order(lifetimes.size());
  std::iota(order.begin(), order.end(), 0);
  std::size_t best = std::numeric_limits<std::size_t>::max();
  std::vector<Lifetime> trial = lifetimes, found = lifetimes;
  const auto attempt = [&] {
    const std::size_t bytes = place(trial, order);
    if (bytes < best) {
      best = bytes;
      found = trial;
    }
  };
  const auto by = [&](auto less) {
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return less(lifetimes[a], lifetimes[b]); });
    attempt();
  };
  by([](const Lifetime& a, const Lifetime& b) { return a.bytes > b.bytes; });
  if (best > least) by([](const Lifetime& a, const Lifetime& b) { return a.first < b.first; });
  if (best > least) by([](const Lifetime& a, const Lifetime& b) { return a.last > b.last; });
  if (best > least) by([](const Lifetime& a, const Lifetime& b) { return a.last - a.first > b.last - b.first; });
  // Rarely needed: random orders until the waste is small.
  std::minstd_rand random(1);
  for (int i = 0; i < 200 && best > least + least / 20; ++i) {
    std::shuffle(order.begin(), order.end(), random);
    attempt();
  }
  lifetimes = std::move(found);
  return lifetimes.empty() ? 0 : best;
}

}  // namespace shoal::plan
