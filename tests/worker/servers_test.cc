#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <tuple>

#include "common/base/error.h"
#include "common/optim/rule.h"
#include "model/train/local_updater.h"
#include "tests/ps/cluster.h"
#include "worker/remote_updater.h"
#include "worker/run_context.h"

// The remote updater with real servers on threads of this process.
namespace shoal::worker {
namespace {

const std::vector<std::int64_t> kSizes{4000, 1, 17, 65000, 300};

ParameterSpace make_space(DType dtype) {
  std::vector<Variable> variables;
  for (std::size_t v = 0; v < kSizes.size(); ++v) {
    const auto values = ps::pseudo_random<double>(static_cast<std::size_t>(kSizes[v]), v + 1);
    variables.emplace_back(Tensor(values, {kSizes[v]}).astype(dtype), fmt::format("v{}", v));
  }
  return ParameterSpace(std::move(variables), heap_arena);
}

void write_gradient(const ParameterSpace& space, int v, std::uint64_t key) {
  const auto& variable = space.entries()[static_cast<std::size_t>(v)].variable;
  const auto values = ps::pseudo_random<double>(variable.size(), key);
  visit_dtype(space.dtype(), [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    for (std::size_t i = 0; i < values.size(); ++i) static_cast<T*>(variable.gradient())[i] = static_cast<T>(values[i]);
  });
}

void train(train::ParameterUpdater& updater, const ParameterSpace& space, int steps, std::uint64_t rank = 0) {
  for (int step = 0; step < steps; ++step) {
    updater.begin_step({step, 0.01 / (1 + step)});
    for (int v = 0; v < static_cast<int>(kSizes.size()); ++v) updater.before_forward(v);
    for (int v = static_cast<int>(kSizes.size()) - 1; v >= 0; --v) {
      updater.before_gradient_write(v);
      write_gradient(space, v, 1000 * rank + 10 * static_cast<std::uint64_t>(step) + static_cast<std::uint64_t>(v));
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

using Case = std::tuple<std::uint32_t, DType, const char*>;
class Servers : public ::testing::TestWithParam<Case> {};

TEST_P(Servers, OneWorkerEqualsTheLocalUpdaterBitForBit) {
  const auto& [servers, dtype, text] = GetParam();
  const auto rule = nlohmann::json::parse(text);
  const ParameterSpace local = make_space(dtype), remote = make_space(dtype);
  const auto here = train::make_local_updater(local, rule);
  ps::Cluster cluster(1, servers);
  auto connection = std::make_shared<Connection>(cluster.connect(0));
  const auto there = make_remote_updater(connection, remote, rule, {.bucket_bytes = 4096, .max_slice_bytes = 20000});
  there->publish_weights();
  train(*here, local, 4);
  train(*there, remote, 4);
  EXPECT_EQ(bytes_of(local), bytes_of(remote));
  for (int slot = 0; slot < optim::make_rule(rule)->slots(); ++slot)
    for (std::size_t v = 0; v < kSizes.size(); ++v) {
      std::vector<std::byte> a(local.entries()[v].variable.bytes()), b(a.size());
      here->read_slot(static_cast<int>(v), slot, a.data());
      there->read_slot(static_cast<int>(v), slot, b.data());
      EXPECT_EQ(a, b) << "slot " << slot << " of variable " << v;
    }
  connection->client->finish();
}

TEST_P(Servers, StateWrittenBackGoesOnAsIfNeverStopped) {
  const auto& [servers, dtype, text] = GetParam();
  const auto rule = nlohmann::json::parse(text);
  const ParameterSpace whole = make_space(dtype), stopped = make_space(dtype), resumed = make_space(dtype);
  ps::Cluster cluster(1, servers);
  auto connection = std::make_shared<Connection>(cluster.connect(0));
  const auto open = [&](const ParameterSpace& space, std::uint64_t table) {
    auto updater = make_remote_updater(connection, space, rule, {.table = table, .max_slice_bytes = 20000});
    updater->publish_weights();
    return updater;
  };
  const auto first = open(whole, 1), second = open(stopped, 2);
  train(*first, whole, 3);
  train(*second, stopped, 3);
  std::memcpy(resumed.weights().at(0), stopped.weights().at(0), bytes_of(stopped).size());
  const auto third = open(resumed, 3);
  for (int slot = 0; slot < optim::make_rule(rule)->slots(); ++slot)
    for (std::size_t v = 0; v < kSizes.size(); ++v) {
      std::vector<std::byte> values(whole.entries()[v].variable.bytes());
      second->read_slot(static_cast<int>(v), slot, values.data());
      third->write_slot(static_cast<int>(v), slot, values.data());
    }
  train(*first, whole, 2);
  train(*third, resumed, 2);
  EXPECT_EQ(bytes_of(whole), bytes_of(resumed));
  connection->client->finish();
}

INSTANTIATE_TEST_SUITE_P(All, Servers,
                         ::testing::Values(Case{1, DType::kFloat32, R"({"class_name": "Adam"})"},
                                           Case{3, DType::kFloat32, R"({"class_name": "Adam"})"},
                                           Case{3, DType::kFloat64, R"({"class_name": "Adam"})"},
                                           Case{3, DType::kFloat32, R"({"class_name": "Adam", "clipnorm": 0.1})"},
                                           Case{2, DType::kFloat64, R"({"class_name": "SGD", "clipnorm": 3})"},
                                           Case{3, DType::kFloat32, R"({"class_name": "Adam", "global_clipnorm": 2})"},
                                           Case{2, DType::kFloat32,
                                                R"({"class_name": "SGD", "momentum": 0.9, "nesterov": true})"}));

// Two workers whose contexts are made as the Runtime makes them.
TEST(Workers, HaveTheChiefsWeightsAndThenTheSameBitsWhateverTheServers) {
  std::vector<std::vector<std::byte>> results;
  for (const std::uint32_t servers : {1u, 3u}) {
    ps::Cluster cluster(2, servers);
    std::vector<std::vector<std::byte>> last(2), published(2);
    std::vector<std::thread> threads;
    for (int rank = 0; rank < 2; ++rank)
      threads.emplace_back([&, rank] {
        auto connection = std::make_shared<Connection>(cluster.connect(static_cast<std::uint32_t>(rank)));
        const auto context = make_run_context(connection, {.rank = rank, .workers = 2});
        const ParameterSpace space = make_space(DType::kFloat32);
        if (rank == 1) std::memset(space.weights().at(0), 0, bytes_of(space).size());  // only the chief's count
        const auto updater = context->make_updater(space, {{"class_name", "Adam"}});
        updater->publish_weights();
        published[static_cast<std::size_t>(rank)] = bytes_of(space);
        train(*updater, space, 3, static_cast<std::uint64_t>(rank));
        last[static_cast<std::size_t>(rank)] = bytes_of(space);
        connection->client->finish();
      });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(published[0], published[1]);
    EXPECT_EQ(last[0], last[1]);
    EXPECT_NE(last[0], published[0]);
    results.push_back(last[0]);
  }
  EXPECT_EQ(results[0], results[1]);
}

TEST(Workers, SpeakToEachOtherThroughTheServers) {
  ps::Cluster cluster(3, 2);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < 3; ++rank)
    threads.emplace_back([&, rank] {
      auto connection = std::make_shared<Connection>(cluster.connect(static_cast<std::uint32_t>(rank)));
      std::vector<std::string> doing;
      const auto context = make_run_context(
          connection, {.rank = rank, .workers = 3, .threads = 2, .set_activity = [&](const char* what, std::int64_t n) {
                         doing.push_back(fmt::format("{} {}", what, n));
                       }});
      EXPECT_EQ(context->rank(), rank);
      EXPECT_EQ(context->workers(), 3);
      EXPECT_EQ(context->threads(), 2);
      EXPECT_EQ(context->is_chief(), rank == 0);
      std::vector<double> values{static_cast<double>(rank), 1};
      context->sum(values);
      EXPECT_EQ(values, (std::vector<double>{3, 3}));
      EXPECT_EQ(context->broadcast(rank == 0 ? "chief" : "nobody"), "chief");
      const auto all = context->gather(std::to_string(rank));
      EXPECT_EQ(all, rank == 0 ? (std::vector<std::string>{"0", "1", "2"}) : std::vector<std::string>{});
      context->barrier();
      context->set_activity("step", 4);
      EXPECT_EQ(doing, std::vector<std::string>{"step 4"});
      connection->client->finish();
    });
  for (auto& thread : threads) thread.join();
}

TEST(Workers, ALostServerIsNamedWhereAWorkerWaits) {
  ps::Cluster cluster(1, 2);
  auto connection = std::make_shared<Connection>(cluster.connect(0));
  const ParameterSpace space = make_space(DType::kFloat32);
  const auto updater = make_remote_updater(connection, space, {{"class_name", "SGD"}}, {.max_slice_bytes = 20000});
  updater->publish_weights();
  cluster.stop(1);
  try {
    for (int i = 0; i < 1000; ++i) train(*updater, space, 1);
    ADD_FAILURE() << "training went on without a server";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("server 1"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace shoal::worker
