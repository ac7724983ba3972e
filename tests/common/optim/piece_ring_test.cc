#include "common/optim/piece_ring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <numeric>
#include <thread>

#include "common/base/denormals.h"
#include "common/base/error.h"
#include "common/base/random.h"

namespace shoal::optim {
namespace {

constexpr int kRounds = 5;
constexpr std::size_t kPieces[] = {512, 4096};  // elements of a piece of each variable

using Memory = std::unique_ptr<std::byte, decltype(&std::free)>;
Memory zeroed(std::size_t bytes) {
  Memory memory(static_cast<std::byte*>(std::aligned_alloc(4096, bytes)), &std::free);
  std::memset(memory.get(), 0, bytes);
  return memory;
}

// More pieces than the ring holds, with a short last one; and a few large ones.
TileLayout layout_of(std::uint32_t workers, int slots) {
  TileLayout layout{.variables = {}, .elements = 0, .element_bytes = 4, .workers = workers, .slots = slots};
  for (const std::size_t size : {std::size_t{20011}, std::size_t{9000}}) {
    layout.variables.push_back({layout.elements, size});
    layout.elements += (size + 15) / 16 * 16;
  }
  return layout;
}

float value(std::uint64_t key, std::size_t i) { return static_cast<float>(random::mix(key, i) % 20001) / 10000.0F - 1; }
Step step_of(int round) { return {round, 0.01 / (1 + round)}; }
std::uint64_t key_of(std::uint32_t worker, int round) { return 1000 * worker + static_cast<unsigned>(round) + 7; }

// The whole arena at once: sum in the order of ranks, then the rule.
std::vector<float> expected(const TileLayout& layout, const Rule& rule) {
  const FlushDenormals as_in_training;
  const std::size_t n = layout.elements;
  std::vector<float> weights(n), sum(n), term(n);
  std::vector<std::vector<float>> slots(static_cast<std::size_t>(rule.slots()), std::vector<float>(n));
  std::vector<float*> pointers;
  for (auto& slot : slots) pointers.push_back(slot.data());
  for (std::size_t i = 0; i < n; ++i) weights[i] = value(1, i);
  for (int round = 0; round < kRounds; ++round) {
    for (std::uint32_t worker = 0; worker < layout.workers; ++worker) {
      std::vector<float>& into = worker == 0 ? sum : term;
      for (std::size_t i = 0; i < n; ++i) into[i] = value(key_of(worker, round), i);
      if (worker > 0) add(n, term.data(), sum.data());
    }
    rule.apply(step_of(round), n, weights.data(), sum.data(), pointers.data());
  }
  return weights;
}

// A worker that computes on several threads; some of its values lie where the ring wants them.
class Worker {
 public:
  Worker(std::byte* tiles, std::byte* pieces, const TileLayout& layout, const PieceRingLayout& ring,
         const std::shared_ptr<const Rule>& rule, std::uint32_t rank)
      : layout_(layout), board_(tiles, layout, rule), ring_(pieces, ring, board_, rank), rank_(rank) {}

  void train(int threads) {
    for (int round = 0; round < kRounds; ++round)
      for (std::size_t v = layout_.variables.size(); v-- > 0;) {
        wait([&] { return ring_.current(v); });
        ring_.open(v, kPieces[v], {round, rank_ == 0 ? step_of(round).learning_rate : 0.5});  // worker 0's counts
        std::atomic<std::size_t> next = 0;
        std::vector<std::thread> pool;
        for (int thread = 0; thread < threads; ++thread) pool.emplace_back([&] { compute(round, v, next); });
        for (auto& thread : pool) thread.join();
      }
    for (std::size_t v = 0; v < layout_.variables.size(); ++v) wait([&] { return ring_.current(v); });
  }

 private:
  template <class Done>
  void wait(Done done) {
    while (!done()) {
      const std::uint32_t seen = board_.seen();
      if (!ring_.help(true) && !done()) board_.sleep(seen, 100);
      if (done()) return;
    }
  }

  void compute(int round, std::size_t v, std::atomic<std::size_t>& next) {
    const auto& variable = layout_.variables[v];
    random::Generator generator(random::mix(rank_, static_cast<std::uint64_t>(round)));
    std::vector<float> own(kPieces[v]);
    for (std::size_t begin; (begin = next.fetch_add(kPieces[v])) < variable.size;) {
      const std::size_t count = std::min(kPieces[v], variable.size - begin);
      if (generator.below(8) == 0) std::this_thread::sleep_for(std::chrono::microseconds(generator.below(200)));
      auto* values = own.data();
      if (generator.below(2) == 0) {
        std::byte* place = nullptr;
        wait([&] { return place != nullptr || (place = ring_.place(v, begin)) != nullptr; });
        values = reinterpret_cast<float*>(place);
      }
      for (std::size_t i = 0; i < count; ++i) values[i] = value(key_of(rank_, round), variable.offset + begin + i);
      bool delivered = false;
      wait([&] {
        if (!delivered) delivered = ring_.deliver(v, begin, count, reinterpret_cast<const std::byte*>(values));
        return delivered;
      });
      while (ring_.help(false)) {
      }
    }
  }

  const TileLayout layout_;
  TileBoard board_;
  PieceRing ring_;
  const std::uint32_t rank_;
};

TEST(PieceRing, GivesTheBitsOfTheWholeSumWhoeverDoesWhat) {
  for (const char* name : {"Adam", "SGD"}) {
    const std::shared_ptr<const Rule> rule = make_rule({{"class_name", name}});
    for (const std::uint32_t workers : {1U, 2U, 3U})
      for (const int threads : {1, 2}) {
        const TileLayout layout = layout_of(workers, rule->slots());
        const PieceRingLayout ring{.workers = workers, .variables = 2, .slots = 4, .slot_bytes = 16384};
        const Memory tiles = zeroed(layout.bytes()), pieces = zeroed(ring.bytes());
        TileBoard::create(tiles.get(), layout, *rule);
        auto* weights = reinterpret_cast<float*>(tiles.get() + layout.weights());
        for (std::size_t i = 0; i < layout.elements; ++i) weights[i] = value(1, i);
        std::vector<std::thread> job;
        for (std::uint32_t rank = 0; rank < workers; ++rank)
          job.emplace_back([&, rank] { Worker(tiles.get(), pieces.get(), layout, ring, rule, rank).train(threads); });
        for (auto& worker : job) worker.join();
        const std::vector<float> wanted = expected(layout, *rule);
        for (const auto& variable : layout.variables)
          EXPECT_EQ(std::memcmp(weights + variable.offset, wanted.data() + variable.offset, variable.size * 4), 0)
              << name << ", " << workers << " workers, " << threads << " threads";
      }
  }
}

// Who is ahead has to wait for who is behind: nothing is written over that somebody still has to add.
TEST(PieceRing, IsNoFurtherAheadThanItHasSlots) {
  const std::shared_ptr<const Rule> rule = make_rule({{"class_name", "SGD"}});
  const TileLayout layout = layout_of(2, rule->slots());
  const PieceRingLayout ring{.workers = 2, .variables = 2, .slots = 4, .slot_bytes = 16384};
  const Memory tiles = zeroed(layout.bytes()), pieces = zeroed(ring.bytes());
  TileBoard::create(tiles.get(), layout, *rule);
  TileBoard first_board(tiles.get(), layout, rule), second_board(tiles.get(), layout, rule);
  PieceRing first(pieces.get(), ring, first_board, 0), second(pieces.get(), ring, second_board, 1);
  first.open(0, 512, {});
  second.open(0, 512, {});
  const std::vector<float> values(512, 1.0F);
  const auto* bytes = reinterpret_cast<const std::byte*>(values.data());
  std::size_t piece = 0;
  while (first.deliver(0, 512 * piece, 512, bytes)) ++piece;
  EXPECT_EQ(piece, 4U);
  EXPECT_EQ(first.place(0, 512 * piece), nullptr);
  EXPECT_FALSE(first.help(true));
  EXPECT_TRUE(second.deliver(0, 0, 512, bytes));
  while (first.help(false) || second.help(false)) {
  }
  EXPECT_TRUE(first.deliver(0, 512 * piece, 512, bytes));
  EXPECT_FALSE(first.current(0));
}

TEST(PieceRing, RefusesPiecesThatItHasNoRoomFor) {
  const std::shared_ptr<const Rule> rule = make_rule({{"class_name", "SGD"}});
  const TileLayout layout = layout_of(1, rule->slots());
  const PieceRingLayout ring{.workers = 1, .variables = 2, .slots = 4, .slot_bytes = 16384};
  const Memory tiles = zeroed(layout.bytes()), pieces = zeroed(ring.bytes());
  TileBoard board(tiles.get(), layout, rule);
  PieceRing one(pieces.get(), ring, board, 0);
  EXPECT_THROW(one.open(0, 4097, {}), InternalError);
}

}  // namespace
}  // namespace shoal::optim
