#include "worker/shared_updater.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <thread>

#include "common/base/error.h"
#include "model/train/local_updater.h"
#include "tests/ps/cluster.h"
#include "worker/run_context.h"

// Workers and servers on threads of this process, the table in memory that each maps for itself.
namespace shoal::worker {
namespace {

const std::vector<std::int64_t> kSizes{4000, 1, 17, 65000, 300};

ParameterSpace make_space(const ArenaAllocator& allocate, DType dtype = DType::kFloat32, std::uint64_t key = 0) {
  std::vector<Variable> variables;
  for (std::size_t v = 0; v < kSizes.size(); ++v) {
    const auto values = ps::pseudo_random<double>(static_cast<std::size_t>(kSizes[v]), key + v + 1);
    variables.emplace_back(Tensor(values, {kSizes[v]}).astype(dtype), fmt::format("v{}", v));
  }
  return ParameterSpace(std::move(variables), allocate);
}

void train(train::ParameterUpdater& updater, const ParameterSpace& space, int steps, std::uint64_t rank) {
  for (int step = 0; step < steps; ++step) {
    updater.begin_step({step, 0.01 / (1 + step)});
    for (int v = 0; v < static_cast<int>(kSizes.size()); ++v) updater.before_forward(v);
    for (int v = static_cast<int>(kSizes.size()) - 1; v >= 0; --v) {
      updater.before_gradient_write(v);
      const auto& variable = space.entries()[static_cast<std::size_t>(v)].variable;
      const auto values = ps::pseudo_random<double>(
          variable.size(), 1000 * rank + 10 * static_cast<std::uint64_t>(step) + static_cast<std::uint64_t>(v));
      visit_dtype(space.dtype(), [&](auto* type) {
        using T = std::remove_pointer_t<decltype(type)>;
        for (std::size_t i = 0; i < values.size(); ++i)
          static_cast<T*>(variable.gradient())[i] = static_cast<T>(values[i]);
      });
      updater.gradient_ready(v);
    }
    updater.step_done();
  }
  updater.all_current();
}

std::vector<std::byte> bytes_of(const ParameterSpace& space) {
  const std::byte* begin = space.weights().at(0);
  return {begin, begin + space.elements() * size_of(space.dtype())};
}

// What each worker does with its context, on a thread of its own.
using Work = std::function<void(int rank, train::RunContext& context)>;
void run_job(int workers, std::uint32_t servers, Transport transport, const Work& work, int tile_threads = 0) {
  ps::Cluster job(static_cast<std::uint32_t>(workers), servers, 30, tile_threads);
  std::vector<std::thread> threads;
  std::vector<std::string> errors(static_cast<std::size_t>(workers));
  for (int rank = 0; rank < workers; ++rank)
    threads.emplace_back([&, rank] {
      try {
        auto connection = std::make_shared<Connection>(job.connect(static_cast<std::uint32_t>(rank)));
        const auto context =
            make_run_context(connection, {.rank = rank, .workers = workers, .transport = transport, .spin = rank == 0});
        work(rank, *context);
        connection->client->finish();
      } catch (const std::exception& error) {
        errors[static_cast<std::size_t>(rank)] = error.what();
      }
    });
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors) EXPECT_EQ(error, "");
}

const std::vector<nlohmann::json> kRules = {{{"class_name", "Adam"}},
                                            {{"class_name", "SGD"}, {"momentum", 0.9}, {"nesterov", true}},
                                            {{"class_name", "Adam"}, {"clipnorm", 0.1}},
                                            {{"class_name", "SGD"}, {"global_clipnorm", 2}}};

TEST(SharedUpdater, OneWorkerEqualsTheLocalUpdaterBitForBit) {
  for (const DType dtype : {DType::kFloat32, DType::kFloat64})
    for (const auto& rule : kRules)
      run_job(1, 2, Transport::shared_memory, [&](int, train::RunContext& context) {
        const ParameterSpace local = make_space(heap_arena, dtype),
                             shared = make_space(context.arena_allocator(), dtype);
        const auto here = train::make_local_updater(local, rule);
        const auto there = context.make_updater(shared, rule);
        there->publish_weights();
        train(*here, local, 4, 0);
        train(*there, shared, 4, 0);
        there->release_weights();
        EXPECT_EQ(bytes_of(local), bytes_of(shared));
        for (int slot = 0; slot < optim::make_rule(rule)->slots(); ++slot)
          for (std::size_t v = 0; v < kSizes.size(); ++v) {
            std::vector<std::byte> a(local.entries()[v].variable.bytes()), b(a.size());
            here->read_slot(static_cast<int>(v), slot, a.data());
            there->read_slot(static_cast<int>(v), slot, b.data());
            EXPECT_EQ(a, b) << "slot " << slot << " of variable " << v;
          }
      });
}

class SharedUpdaterRules : public ::testing::TestWithParam<nlohmann::json> {};

TEST_P(SharedUpdaterRules, WorkersGetTheBitsThatServersGive) {
  std::vector<std::vector<std::byte>> last;
  for (const auto& [transport, tile_threads] :
       {std::pair{Transport::tcp, 0}, {Transport::shared_memory, 0}, {Transport::shared_memory, 2}}) {
    std::vector<std::vector<std::byte>> mine(3);
    const Work work = [&](int rank, train::RunContext& context) {
      const ParameterSpace space = make_space(context.arena_allocator(), DType::kFloat32, rank == 0 ? 0 : 99);
      const auto updater = context.make_updater(space, GetParam());
      updater->publish_weights();
      train(*updater, space, 5, static_cast<std::uint64_t>(rank));
      mine[static_cast<std::size_t>(rank)] = bytes_of(space);
    };
    run_job(3, 2, transport, work, tile_threads);
    EXPECT_EQ(mine[0], mine[1]);
    EXPECT_EQ(mine[0], mine[2]);
    last.push_back(mine[0]);
  }
  EXPECT_EQ(last[0], last[1]);
  EXPECT_EQ(last[0], last[2]);
}

INSTANTIATE_TEST_SUITE_P(All, SharedUpdaterRules, ::testing::ValuesIn(kRules));

// Weights that a worker writes between two trainings are its own until the chief's are published.
TEST(SharedUpdater, ReleasedWeightsAreNobodyElses) {
  run_job(2, 1, Transport::shared_memory, [&](int rank, train::RunContext& context) {
    const ParameterSpace space = make_space(context.arena_allocator());
    const auto updater = context.make_updater(space, kRules[0]);
    updater->publish_weights();
    train(*updater, space, 2, static_cast<std::uint64_t>(rank));
    updater->release_weights();
    const auto trained = bytes_of(space);
    context.barrier();
    if (rank == 1) std::memset(space.weights().at(0), 7, trained.size());
    context.barrier();
    if (rank == 0) {
      EXPECT_EQ(bytes_of(space), trained);
    }
    updater->publish_weights();
    EXPECT_EQ(bytes_of(space), trained);
    train(*updater, space, 2, static_cast<std::uint64_t>(rank));
  });
}

TEST(SharedUpdater, StateWrittenBackGoesOnAsIfNeverStopped) {
  run_job(1, 2, Transport::shared_memory, [&](int, train::RunContext& context) {
    const ParameterSpace whole = make_space(context.arena_allocator()), resumed = make_space(context.arena_allocator());
    const auto first = context.make_updater(whole, kRules[0]);
    first->publish_weights();
    train(*first, whole, 3, 0);
    std::memcpy(resumed.weights().at(0), whole.weights().at(0), bytes_of(whole).size());
    const auto second = context.make_updater(resumed, kRules[0]);
    for (int slot = 0; slot < 2; ++slot)
      for (std::size_t v = 0; v < kSizes.size(); ++v) {
        std::vector<std::byte> values(whole.entries()[v].variable.bytes());
        first->read_slot(static_cast<int>(v), slot, values.data());
        second->write_slot(static_cast<int>(v), slot, values.data());
      }
    second->publish_weights();
    train(*first, whole, 2, 0);
    train(*second, resumed, 2, 0);
    EXPECT_EQ(bytes_of(whole), bytes_of(resumed));
  });
}

// One worker's arena cannot be mapped over: all take TCP, and the table works there.
TEST(SharedUpdater, WhereOneCannotAllGoBackToTheServers) {
  std::vector<std::vector<std::byte>> mine(2);
  run_job(2, 2, Transport::automatic, [&](int rank, train::RunContext& context) {
    const ParameterSpace space = make_space(rank == 1 ? heap_arena : context.arena_allocator());
    const auto updater = context.make_updater(space, kRules[0]);
    updater->publish_weights();
    train(*updater, space, 3, static_cast<std::uint64_t>(rank));
    mine[static_cast<std::size_t>(rank)] = bytes_of(space);
  });
  EXPECT_EQ(mine[0], mine[1]);
}

TEST(SharedUpdater, SaysWhyWhenItIsForced) {
  run_job(1, 1, Transport::shared_memory, [&](int, train::RunContext& context) {
    const ParameterSpace space = make_space(heap_arena);
    try {
      context.make_updater(space, kRules[0]);
      ADD_FAILURE();
    } catch (const ValueError& error) {
      EXPECT_THAT(error.what(), ::testing::HasSubstr("worker 0: the model was built before its Runtime"));
    }
  });
}

}  // namespace
}  // namespace shoal::worker
