#include "worker/summing_updater.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <thread>

#include "common/base/error.h"
#include "common/io/shared_memory.h"
#include "model/train/local_updater.h"
#include "tests/ps/cluster.h"
#include "worker/run_context.h"
#include "worker/shared_updater.h"

// Servers add, workers apply: held against one process that has the same sums, and against servers that apply.
namespace shoal::worker {
namespace {

const std::vector<std::int64_t> kSizes{4000, 1, 17, 65000, 300};

// Keeps a whole variable to a length of 1, and its values positive.
template <class T>
void limit(void* values, std::size_t n) {
  T* w = static_cast<T*>(values);
  double squares = 0;
  for (std::size_t i = 0; i < n; ++i) {
    w[i] = std::max(w[i], T{0});
    squares += static_cast<double>(w[i]) * static_cast<double>(w[i]);
  }
  const auto scale = static_cast<T>(1 / std::max(1.0, std::sqrt(squares)));
  for (std::size_t i = 0; i < n; ++i) w[i] *= scale;
}

ParameterSpace make_space(const ArenaAllocator& allocate, DType dtype = DType::kFloat32, bool constrained = false,
                          std::uint64_t key = 0) {
  std::vector<Variable> variables;
  for (std::size_t v = 0; v < kSizes.size(); ++v) {
    const auto values = ps::pseudo_random<double>(static_cast<std::size_t>(kSizes[v]), key + v + 1);
    variables.emplace_back(Tensor(values, {kSizes[v]}).astype(dtype), fmt::format("v{}", v));
    if (!constrained || v % 2 != 0) continue;
    variables.back().set_constraint([n = variables.back().size(), dtype](void* at) {
      dtype == DType::kFloat64 ? limit<double>(at, n) : limit<float>(at, n);
    });
  }
  return ParameterSpace(std::move(variables), allocate);
}

template <class T>
std::vector<T> gradient(std::size_t v, int step, int rank) {
  return ps::pseudo_random<T>(static_cast<std::size_t>(kSizes[v]),
                              1000 * static_cast<std::uint64_t>(rank) + 10 * static_cast<std::uint64_t>(step) + v);
}

// Gradients of the workers [first, last), added in the order of ranks.
void train(train::ParameterUpdater& updater, const ParameterSpace& space, int first_step, int last_step, int first,
           int last) {
  for (int step = first_step; step < last_step; ++step) {
    updater.begin_step({step, 0.01 / (1 + step)});
    for (std::size_t v = 0; v < kSizes.size(); ++v) updater.before_forward(static_cast<int>(v));
    for (std::size_t v = kSizes.size(); v-- > 0;) {
      if (v == 1 && step == 1) continue;  // the loss of this step does not depend on it
      updater.before_gradient_write(static_cast<int>(v));
      visit_dtype(space.dtype(), [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        if constexpr (std::is_floating_point_v<T>) {
          T* const at = static_cast<T*>(space.entries()[v].variable.gradient());
          auto sum = gradient<T>(v, step, first);
          for (int rank = first + 1; rank < last; ++rank) {
            const auto next = gradient<T>(v, step, rank);
            for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = next[i] + sum[i];
          }
          std::copy(sum.begin(), sum.end(), at);
        }
      });
      updater.gradient_ready(static_cast<int>(v));
    }
    updater.step_done();
  }
  updater.all_current();
}

// Weights, then each slot of each variable.
using Bytes = std::vector<std::byte>;
Bytes bytes_of(const ParameterSpace& space, train::ParameterUpdater& updater, const nlohmann::json& rule, bool state) {
  const std::size_t unit = size_of(space.dtype());
  Bytes all(space.weights().at(0), space.weights().at(0) + space.elements() * unit);
  const int slots = state ? optim::make_rule(rule)->slots() : 0;
  for (int slot = 0; slot < slots; ++slot)
    for (std::size_t v = 0; v < kSizes.size(); ++v) {
      const std::size_t at = all.size();
      all.resize(at + space.entries()[v].size * unit);
      updater.read_slot(static_cast<int>(v), slot, all.data() + at);
    }
  return all;
}

using Work = std::function<void(int rank, train::RunContext& context)>;
void run_job(int workers, std::uint32_t servers, Transport transport, Update update, const Work& work,
             int tile_threads = 0) {
  ps::Cluster job(static_cast<std::uint32_t>(workers), servers, 30, tile_threads);
  std::vector<std::thread> threads;
  std::vector<std::string> errors(static_cast<std::size_t>(workers));
  for (int rank = 0; rank < workers; ++rank)
    threads.emplace_back([&, rank] {
      try {
        auto connection = std::make_shared<Connection>(job.connect(static_cast<std::uint32_t>(rank)));
        const auto context =
            make_run_context(connection, {.rank = rank, .workers = workers, .transport = transport, .update = update});
        work(rank, *context);
        connection->client->finish();
      } catch (const std::exception& error) {
        errors[static_cast<std::size_t>(rank)] = error.what();
      }
    });
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors) EXPECT_EQ(error, "");
}

constexpr int kSteps = 5;

// What each worker has in the end; only the chief's first weights count.
std::vector<Bytes> results(int workers, std::uint32_t servers, Transport transport, Update update,
                           const nlohmann::json& rule, DType dtype, bool constrained, int tile_threads = 0) {
  std::vector<Bytes> all(static_cast<std::size_t>(workers));
  run_job(
      workers, servers, transport, update,
      [&](int rank, train::RunContext& context) {
        const ParameterSpace space = make_space(context.arena_allocator(), dtype, constrained, rank == 0 ? 0u : 99u);
        const auto updater = context.make_updater(space, rule);
        updater->publish_weights();
        train(*updater, space, 0, kSteps, rank, rank + 1);
        all[static_cast<std::size_t>(rank)] = bytes_of(space, *updater, rule, update == Update::worker || rank == 0);
      },
      tile_threads);
  return all;
}

Bytes local_result(int workers, const nlohmann::json& rule, DType dtype, bool constrained) {
  const ParameterSpace space = make_space(heap_arena, dtype, constrained);
  const auto updater = train::make_local_updater(space, rule);
  train(*updater, space, 0, kSteps, 0, workers);
  return bytes_of(space, *updater, rule, true);
}

class SummingRules : public ::testing::TestWithParam<nlohmann::json> {};

TEST_P(SummingRules, WorkersHaveTheBitsOfOneProcessThatAddsAndOfServersThatApply) {
  const auto& rule = GetParam();
  const auto expect_all = [](const std::vector<Bytes>& all, const Bytes& truth, const char* what) {
    for (std::size_t rank = 0; rank < all.size(); ++rank) EXPECT_EQ(all[rank], truth) << what << ", worker " << rank;
  };
  for (const int workers : {1, 3}) {
    const Bytes truth = local_result(workers, rule, DType::kFloat32, false);
    EXPECT_EQ(results(workers, 2, Transport::tcp, Update::server, rule, DType::kFloat32, false)[0], truth);
    expect_all(results(workers, 2, Transport::tcp, Update::worker, rule, DType::kFloat32, false), truth, "sockets");
    expect_all(results(workers, 2, Transport::shared_memory, Update::worker, rule, DType::kFloat32, false), truth,
               "shared memory");
  }
  const Bytes wide = local_result(2, rule, DType::kFloat64, false);
  expect_all(results(2, 1, Transport::tcp, Update::worker, rule, DType::kFloat64, false), wide, "float64");
  expect_all(results(2, 1, Transport::shared_memory, Update::worker, rule, DType::kFloat64, false, 1), wide,
             "float64 in shared memory");
}

// Nobody asked for it: a constraint is reason enough.
TEST_P(SummingRules, ConstraintsHoldWholeWeightsOnEveryWorker) {
  const auto& rule = GetParam();
  for (const DType dtype : {DType::kFloat32, DType::kFloat64}) {
    const Bytes truth = local_result(3, rule, dtype, true);
    EXPECT_NE(truth, local_result(3, rule, dtype, false));
    for (const auto& [transport, servers] :
         {std::pair{Transport::tcp, 1u}, {Transport::tcp, 3u}, {Transport::shared_memory, 2u}}) {
      for (const Bytes& mine : results(3, servers, transport, Update::worker, rule, dtype, true))
        EXPECT_EQ(mine, truth);
      EXPECT_EQ(results(3, servers, transport, Update::server, rule, dtype, true)[0], truth);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, SummingRules,
                         ::testing::Values(nlohmann::json{{"class_name", "Adam"}, {"weight_decay", 0.01}},
                                           nlohmann::json{{"class_name", "SGD"}, {"momentum", 0.9}, {"nesterov", true}},
                                           nlohmann::json{{"class_name", "SGD"}, {"clipvalue", 0.5}},
                                           nlohmann::json{{"class_name", "Adam"}, {"clipnorm", 0.1}},
                                           nlohmann::json{{"class_name", "RMSprop"}, {"global_clipnorm", 2}}));

// A file's state is read by the chief alone; all workers go on from it.
TEST(SummingUpdater, StateWrittenByTheChiefIsEverybodys) {
  const nlohmann::json rule = {{"class_name", "Adam"}};
  for (const Transport transport : {Transport::tcp, Transport::shared_memory})
    run_job(2, 2, transport, Update::worker, [&](int rank, train::RunContext& context) {
      const ParameterSpace whole = make_space(context.arena_allocator()),
                           resumed = make_space(context.arena_allocator(), DType::kFloat32, false, 7);
      const auto first = context.make_updater(whole, rule), second = context.make_updater(resumed, rule);
      first->publish_weights();
      second->publish_weights();
      train(*first, whole, 0, 3, rank, rank + 1);
      train(*second, resumed, 0, 1, rank, rank + 1);  // has a state of its own by then
      second->release_weights();
      if (rank == 0) {
        std::memcpy(resumed.weights().at(0), whole.weights().at(0), whole.elements() * sizeof(float));
        for (int slot = 0; slot < 2; ++slot)
          for (std::size_t v = 0; v < kSizes.size(); ++v) {
            Bytes values(whole.entries()[v].variable.bytes());
            first->read_slot(static_cast<int>(v), slot, values.data());
            second->write_slot(static_cast<int>(v), slot, values.data());
          }
      }
      second->publish_weights();
      EXPECT_EQ(bytes_of(whole, *first, rule, true), bytes_of(resumed, *second, rule, true)) << "worker " << rank;
      train(*first, whole, 3, 6, rank, rank + 1);
      train(*second, resumed, 3, 6, rank, rank + 1);
      EXPECT_EQ(bytes_of(whole, *first, rule, true), bytes_of(resumed, *second, rule, true)) << "worker " << rank;
    });
}

// Large gradients that come in parts are added piece by piece, in shared memory.
TEST(SummingUpdater, PartsAreAddedAndAppliedWhole) {
  const nlohmann::json rule = {{"class_name", "Adam"}, {"clipnorm", 0.1}};
  constexpr int kWorkers = 2, kLarge = 3, kPart = 4096;
  const Bytes truth = local_result(kWorkers, rule, DType::kFloat32, true);
  ps::Cluster job(kWorkers, 1);
  int in_parts = 0;
  std::vector<std::thread> threads;
  for (int rank = 0; rank < kWorkers; ++rank)
    threads.emplace_back([&, rank] {
      auto connection = std::make_shared<Connection>(job.connect(static_cast<std::uint32_t>(rank)));
      const auto context = make_run_context(connection, {.rank = rank, .workers = kWorkers});
      const ParameterSpace space = make_space(context->arena_allocator(), DType::kFloat32, true);
      const Arena sums = context->arena_allocator()(space.weights().bytes);
      std::string why;
      auto adder = make_shared_updater(
          connection, space.over(sums, space.gradients()), nullptr,
          {.table = 1, .rank = static_cast<std::uint32_t>(rank), .workers = kWorkers, .large_bytes = 100000}, why);
      ASSERT_NE(adder, nullptr) << why;
      const auto updater = make_summing_updater(connection, space, sums, rule, rank == 0, std::move(adder));
      updater->publish_weights();
      for (int step = 0; step < kSteps; ++step) {
        updater->begin_step({step, 0.01 / (1 + step)});
        for (std::size_t v = 0; v < kSizes.size(); ++v) updater->before_forward(static_cast<int>(v));
        for (int v = static_cast<int>(kSizes.size()) - 1; v >= 0; --v) {
          if (v == 1 && step == 1) continue;
          const auto values = gradient<float>(static_cast<std::size_t>(v), step, rank);
          const bool parts = updater->takes_parts(v, kPart);
          EXPECT_EQ(parts, v == kLarge);
          updater->before_gradient_write(v);
          if (parts) {
            if (rank == 0) ++in_parts;
            for (std::int64_t at = 0; at < kSizes[kLarge]; at += kPart)
              updater->gradient_part(v, at, std::min<std::int64_t>(kPart, kSizes[kLarge] - at), values.data() + at);
            continue;
          }
          std::memcpy(space.entries()[static_cast<std::size_t>(v)].variable.gradient(), values.data(),
                      values.size() * sizeof(float));
          updater->gradient_ready(v);
        }
        updater->step_done();
      }
      updater->all_current();
      EXPECT_EQ(bytes_of(space, *updater, rule, true), truth) << "worker " << rank;
      connection->client->finish();
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(in_parts, kSteps);
}

// Where one worker's memory cannot be shared, all take sockets, and the sums come by them.
TEST(SummingUpdater, GoesBackToSocketsWithTheOthers) {
  const nlohmann::json rule = {{"class_name", "Adam"}};
  std::vector<Bytes> all(2);
  run_job(2, 2, Transport::automatic, Update::worker, [&](int rank, train::RunContext& context) {
    const ParameterSpace space = make_space(rank == 1 ? heap_arena : context.arena_allocator());
    const auto updater = context.make_updater(space, rule);
    updater->publish_weights();
    train(*updater, space, 0, kSteps, rank, rank + 1);
    all[static_cast<std::size_t>(rank)] = bytes_of(space, *updater, rule, true);
  });
  for (const Bytes& mine : all) EXPECT_EQ(mine, local_result(2, rule, DType::kFloat32, false));
}

TEST(SummingUpdater, ALostServerIsNamedWhereAWorkerWaits) {
  ps::Cluster cluster(1, 2);
  auto connection = std::make_shared<Connection>(cluster.connect(0));
  const auto context = make_run_context(connection, {.update = Update::worker});
  const ParameterSpace space = make_space(context->arena_allocator());
  const auto updater = context->make_updater(space, {{"class_name", "SGD"}});
  updater->publish_weights();
  cluster.stop(1);
  try {
    for (int i = 0; i < 1000; ++i) train(*updater, space, i, i + 1, 0, 1);
    ADD_FAILURE() << "training went on without a server";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("server"));
  }
}

}  // namespace
}  // namespace shoal::worker
