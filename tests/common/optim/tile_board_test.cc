#include "common/optim/tile_board.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <numeric>
#include <thread>

#include "common/base/denormals.h"
#include "common/base/error.h"
#include "common/base/random.h"

namespace shoal::optim {
namespace {

struct Aligned {
  explicit Aligned(std::size_t bytes)
      : memory(static_cast<std::byte*>(std::aligned_alloc(4096, bytes)), &std::free), size(bytes) {
    std::memset(memory.get(), 0, bytes);
  }
  std::unique_ptr<std::byte, decltype(&std::free)> memory;
  std::size_t size;
};

// One variable smaller than a line, one of several tiles with a short last one, one empty, one of exactly a tile.
TileLayout layout_of(std::size_t element_bytes, std::uint32_t workers, int slots) {
  TileLayout layout{.variables = {}, .elements = 0, .element_bytes = element_bytes, .workers = workers, .slots = slots};
  for (const std::size_t size : {std::size_t{3}, std::size_t{70001}, std::size_t{0}, 65536 / element_bytes}) {
    layout.variables.push_back({layout.elements, size});
    layout.elements += (size + 15) / 16 * 16;
  }
  return layout;
}

template <class T>
T value(std::uint64_t key, std::size_t i) {
  return static_cast<T>(static_cast<double>(random::mix(key, i) % 20001) / 10000 - 1);
}

template <class T>
T* part(std::byte* memory, std::size_t offset) {
  return reinterpret_cast<T*>(memory + offset);
}

constexpr int kRounds = 4;
Step step_of(int round) { return {round, 0.01 / (1 + round)}; }
std::uint64_t gradient_key(std::uint32_t worker, int round) { return 1000 * worker + static_cast<unsigned>(round) + 7; }

// The whole arena at once: sum in the order of ranks, then the rule.
template <class T>
std::vector<T> expected(const TileLayout& layout, const Rule& rule) {
  const FlushDenormals as_in_training;
  const std::size_t n = layout.elements;
  std::vector<T> weights(n), sum(n), term(n);
  std::vector<std::vector<T>> slots(static_cast<std::size_t>(rule.slots()), std::vector<T>(n));
  std::vector<T*> pointers;
  for (auto& slot : slots) pointers.push_back(slot.data());
  for (const auto& place : layout.variables)
    for (std::size_t i = 0; i < place.size; ++i) weights[place.offset + i] = value<T>(1, place.offset + i);
  for (int round = 0; round < kRounds; ++round) {
    for (std::uint32_t worker = 0; worker < layout.workers; ++worker) {
      std::vector<T>& into = worker == 0 ? sum : term;
      std::fill(into.begin(), into.end(), T{0});
      for (const auto& place : layout.variables)
        for (std::size_t i = 0; i < place.size; ++i)
          into[place.offset + i] = value<T>(gradient_key(worker, round), place.offset + i);
      if (worker > 0) add(n, term.data(), sum.data());
    }
    rule.apply(step_of(round), n, weights.data(), sum.data(), pointers.data());
  }
  return weights;
}

// Each worker on a thread with a board of its own, announcing in an order of its own; helpers that only help.
template <class T>
std::vector<T> played(const TileLayout& layout, const std::shared_ptr<const Rule>& rule, int helpers) {
  const Aligned memory(layout.bytes());
  TileBoard::create(memory.memory.get(), layout, *rule);
  T* weights = part<T>(memory.memory.get(), layout.weights());
  for (const auto& place : layout.variables)
    for (std::size_t i = 0; i < place.size; ++i) weights[place.offset + i] = value<T>(1, place.offset + i);
  std::vector<std::thread> threads;
  std::atomic<bool> over = false;
  for (std::uint32_t worker = 0; worker < layout.workers; ++worker)
    threads.emplace_back([&, worker] {
      TileBoard board(memory.memory.get(), layout, rule);
      random::Generator generator(worker + 1);
      std::vector<std::size_t> order(layout.variables.size());
      std::iota(order.begin(), order.end(), 0);
      for (int round = 0; round < kRounds; ++round) {
        for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[generator.below(i)]);
        for (const std::size_t v : order) {
          while (!board.current(v, round)) {
            const auto seen = board.seen();
            if (!board.help(v) && !board.current(v, round)) board.sleep(seen, 1000);
          }
          const auto& place = layout.variables[v];
          T* gradient = part<T>(memory.memory.get(), layout.gradients(worker)) + place.offset;
          for (std::size_t i = 0; i < place.size; ++i)
            gradient[i] = value<T>(gradient_key(worker, round), place.offset + i);
          board.announce(worker, v, step_of(round));
        }
      }
      for (std::size_t v = 0; v < layout.variables.size(); ++v)
        while (!board.current(v, kRounds)) {
          const auto seen = board.seen();
          if (!board.help(v) && !board.current(v, kRounds)) board.sleep(seen, 1000);
        }
    });
  std::vector<std::thread> idle;
  for (int i = 0; i < helpers; ++i)
    idle.emplace_back([&] {
      TileBoard board(memory.memory.get(), layout, rule);
      while (!over) {
        const auto seen = board.seen();
        if (!board.help(0)) board.sleep(seen, 10);
      }
    });
  for (auto& thread : threads) thread.join();
  over = true;
  for (auto& thread : idle) thread.join();
  return {weights, weights + layout.elements};
}

template <class T>
void expect_bits(std::uint32_t workers, int helpers, const nlohmann::json& config) {
  const std::shared_ptr<const Rule> rule = make_rule(config);
  const TileLayout layout = layout_of(sizeof(T), workers, rule->slots());
  const auto wanted = expected<T>(layout, *rule), got = played<T>(layout, rule, helpers);
  for (const auto& place : layout.variables)
    EXPECT_EQ(std::memcmp(got.data() + place.offset, wanted.data() + place.offset, place.size * sizeof(T)), 0)
        << workers << " workers, variable at " << place.offset;
}

TEST(TileBoard, ComputesWhatOneProcessComputesBitForBit) {
  expect_bits<float>(1, 0, {{"class_name", "Adam"}});
  expect_bits<float>(2, 0, {{"class_name", "Adam"}});
  expect_bits<double>(2, 0, {{"class_name", "SGD"}});
  expect_bits<float>(3, 2, {{"class_name", "SGD"}, {"momentum", 0.9}, {"nesterov", true}});
  expect_bits<double>(3, 1, {{"class_name", "Adam"}, {"amsgrad", true}});
}

TEST(TileBoard, HasNoWorkBeforeTheLastWorkerAnnounced) {
  const std::shared_ptr<const Rule> rule = make_rule({{"class_name", "SGD"}});
  const TileLayout layout = layout_of(4, 2, 0);
  const Aligned memory(layout.bytes());
  TileBoard board(memory.memory.get(), layout, rule);
  EXPECT_TRUE(board.current(1, 0));
  EXPECT_FALSE(board.announce(1, 1, {0, 0.1}));
  EXPECT_FALSE(board.help(1));
  EXPECT_FALSE(board.current(1, 1));
  EXPECT_TRUE(board.announce(0, 1, {0, 0.1}));
  for (std::size_t tile = 0; tile < layout.tiles(1); ++tile) {
    EXPECT_FALSE(board.current(1, 1));
    EXPECT_TRUE(board.help(0));
  }
  EXPECT_TRUE(board.current(1, 1));
  EXPECT_FALSE(board.help(1));
}

TEST(TileBoard, PrefersTheVariableThatIsWaitedFor) {
  const std::shared_ptr<const Rule> rule = make_rule({{"class_name", "SGD"}});
  const TileLayout layout = layout_of(4, 1, 0);
  const Aligned memory(layout.bytes());
  TileBoard board(memory.memory.get(), layout, rule);
  for (const std::size_t v : {3, 1, 0}) board.announce(0, v, {0, 0.1});
  EXPECT_TRUE(board.help(3));
  EXPECT_TRUE(board.current(3, 1));
  EXPECT_TRUE(board.help(3));  // the first in order
  EXPECT_TRUE(board.current(0, 1));
  EXPECT_FALSE(board.current(1, 1));
}

TEST(TileBoard, SleepEndsAtOnceWhenSomethingHappenedSince) {
  const std::shared_ptr<const Rule> rule = make_rule({{"class_name", "SGD"}});
  const TileLayout layout = layout_of(4, 1, 0);
  const Aligned memory(layout.bytes());
  TileBoard board(memory.memory.get(), layout, rule);
  const auto seen = board.seen();
  board.announce(0, 0, {0, 0.1});
  board.sleep(seen, 600000);
  std::thread waker([&] { board.wake(); });
  board.sleep(seen + 1, 600000);
  waker.join();
}

TEST(TileBoard, RefusesALayoutOfAnotherRule) {
  const TileLayout layout = layout_of(4, 1, 1);
  const Aligned memory(layout.bytes());
  EXPECT_THROW(TileBoard(memory.memory.get(), layout, make_rule({{"class_name", "Adam"}})), InternalError);
}

}  // namespace
}  // namespace shoal::optim
