// push and pull, the halves of push_pull; tables without a rule, whose servers only add.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <semaphore>

#include "common/base/error.h"
#include "tests/ps/cluster.h"

namespace shoal::ps {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

Client::TableSpec table_of(std::vector<std::size_t> sizes, std::string rule, std::size_t element_bytes = 4) {
  Client::TableSpec spec;
  spec.id = 1;
  spec.variable_sizes = std::move(sizes);
  spec.element_bytes = element_bytes;
  spec.rule = std::move(rule);
  return spec;
}
const std::string kSgd = R"({"class_name": "SGD"})", kAdam = R"({"class_name": "Adam"})", kNone(kNoRule);

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

using Values = std::vector<float>;

std::future<void> start_push(Client& client, std::int64_t step, const Values& gradient, int slice = 0) {
  auto done = std::make_shared<std::promise<void>>();
  const Client::Push part{slice, gradient.data()};
  client.push(1, step, 0.5, step, std::span(&part, 1), [done] { done->set_value(); });
  return done->get_future();
}

std::future<void> start_pull(Client& client, std::int64_t step, Values& weights, int slice = 0) {
  auto done = std::make_shared<std::promise<void>>();
  const Client::Pull part{slice, weights.data()};
  client.pull(1, step, std::span(&part, 1), [done] { done->set_value(); });
  return done->get_future();
}

// Waits until the client has met an error, and says which.
std::string failure_of(Client& client) {
  for (int i = 0; i < 1000; ++i, std::this_thread::sleep_for(5ms))
    if (std::string error = error_of([&] { client.check(); }); !error.empty()) return error;
  return "nothing failed";
}

TEST(PushAndPull, APushIsAnsweredBeforeTheOthersHavePushed) {
  Cluster cluster(2, 1);
  const auto first = cluster.connect(0), second = cluster.connect(1);
  first->open_table(table_of({64}, kSgd));
  second->open_table(table_of({64}, kSgd));
  const Values one(64, 1.0f), two(64, 2.0f);
  Values weights(64, 9.0f), theirs(64, 9.0f);
  start_push(*first, 0, one).wait();
  auto pulled = start_pull(*first, 0, weights);
  EXPECT_EQ(pulled.wait_for(50ms), std::future_status::timeout);  // the step is not applied
  start_push(*second, 0, two).wait();
  pulled.wait();
  EXPECT_EQ(weights, Values(64, -1.5f));
  start_pull(*second, 0, theirs).wait();
  EXPECT_EQ(theirs, weights);
  first->finish();
  second->finish();
  EXPECT_EQ(cluster.join(0), "");
}

// A pull may come first, and of a later step: each is answered by its own step.
TEST(PushAndPull, APullWaitsForItsStepAndNotForTheOneBefore) {
  Cluster cluster(2, 1);
  const auto first = cluster.connect(0), second = cluster.connect(1);
  first->open_table(table_of({64}, kSgd));
  second->open_table(table_of({64}, kSgd));
  const Values one(64, 1.0f);
  Values early(64), late(64);
  auto pulled = start_pull(*first, 1, late);
  start_push(*first, 0, one).wait();
  auto mine = start_pull(*second, 0, early);
  start_push(*second, 0, one).wait();
  mine.wait();
  EXPECT_EQ(early, Values(64, -1.0f));
  EXPECT_EQ(pulled.wait_for(50ms), std::future_status::timeout);
  start_push(*second, 1, one).wait();
  start_push(*first, 1, one).wait();
  pulled.wait();
  EXPECT_EQ(late, Values(64, -2.0f));
  start_pull(*second, 0, early).wait();  // of weights, the newest stand there
  EXPECT_EQ(early, late);
  first->finish();
  second->finish();
}

// Workers that push and then pull, beside one that uses push_pull, over many slices on several servers.
TEST(PushAndPull, GiveTheBitsOfPushPull) {
  const std::vector<std::size_t> sizes = {1, 17, 70001, 40000};
  constexpr std::uint32_t kWorkers = 3;
  constexpr int kSteps = 5;
  LocalTraining<float> local(sizes, kAdam);
  for (int step = 0; step < kSteps; ++step) {
    std::vector<std::vector<Values>> gradients(kWorkers);
    for (std::uint32_t rank = 0; rank < kWorkers; ++rank)
      for (std::size_t v = 0; v < sizes.size(); ++v)
        gradients[rank].push_back(gradient<float>(sizes[v], rank, step, v));
    local.step(step, learning_rate(step), gradients);
  }
  Cluster cluster(kWorkers, 2);
  cluster.run_workers([&](std::uint32_t rank, Client& client) {
    auto spec = table_of(sizes, kAdam);
    spec.max_slice_bytes = 20000;
    client.open_table(spec);
    std::vector<Values> weights, gradients(sizes.size());
    for (std::size_t v = 0; v < sizes.size(); ++v) weights.push_back(first_weights<float>(sizes[v], v));
    const auto& slices = client.slices(1);
    if (rank == 0)
      for (std::size_t i = 0; i < slices.size(); ++i)
        client.write(1, static_cast<int>(i), -1,
                     weights[static_cast<std::size_t>(slices[i].variable)].data() + slices[i].offset);
    client.barrier();
    std::counting_semaphore<> done(0);
    for (int step = 0; step < kSteps; ++step) {
      std::vector<Client::Push> pushes;
      std::vector<Client::Pull> pulls;
      std::vector<Client::PushPull> both;
      for (std::size_t v = 0; v < sizes.size(); ++v) gradients[v] = gradient<float>(sizes[v], rank, step, v);
      for (std::size_t i = 0; i < slices.size(); ++i) {
        const auto v = static_cast<std::size_t>(slices[i].variable);
        float *const g = gradients[v].data() + slices[i].offset, *const w = weights[v].data() + slices[i].offset;
        pushes.push_back({static_cast<int>(i), g});
        pulls.push_back({static_cast<int>(i), w});
        both.push_back({static_cast<int>(i), g, w});
      }
      const auto finished = [&done] { done.release(); };
      if (rank == 2) {
        client.push_pull(1, step, learning_rate(step), step, both, finished);
      } else {
        client.push(1, step, learning_rate(step), step, pushes, finished);
        client.pull(1, step, pulls, finished);
        done.acquire();
      }
      done.acquire();
    }
    for (std::size_t v = 0; v < sizes.size(); ++v) EXPECT_EQ(weights[v], local.weights[v]) << rank << ' ' << v;
    client.finish();
  });
}

template <class T>
std::vector<T> sum_of(std::size_t n, std::uint32_t workers, int step) {
  auto sum = gradient<T>(n, 0, step, 0);
  for (std::uint32_t rank = 1; rank < workers; ++rank) {
    const auto next = gradient<T>(n, rank, step, 0);
    for (std::size_t i = 0; i < n; ++i) sum[i] = next[i] + sum[i];
  }
  return sum;
}

// In place: the sum replaces the gradient.
template <class T>
void expect_sums(std::uint32_t workers, std::uint32_t servers) {
  constexpr std::size_t kElements = 70001;
  Cluster cluster(workers, servers);
  cluster.run_workers([&](std::uint32_t rank, Client& client) {
    auto spec = table_of({kElements}, kNone, sizeof(T));
    spec.max_slice_bytes = 30000;
    client.open_table(spec);
    for (int step = 0; step < 6; ++step) {
      auto values = gradient<T>(kElements, rank, step, 0);
      std::vector<Client::PushPull> parts;
      for (std::size_t i = 0; i < client.slices(1).size(); ++i) {
        T* const at = values.data() + client.slices(1)[i].offset;
        parts.push_back({static_cast<int>(i), at, at});
      }
      std::binary_semaphore done(0);
      client.push_pull(1, step, 0, step, parts, [&done] { done.release(); });
      done.acquire();
      client.check();
      EXPECT_EQ(values, sum_of<T>(kElements, workers, step)) << "step " << step;
    }
    client.finish();
  });
}

TEST(Sums, AreAddedInTheOrderOfRanks) {
  expect_sums<float>(1, 1);
  expect_sums<float>(2, 1);
  expect_sums<float>(4, 3);
  expect_sums<double>(3, 2);
}

TEST(Sums, ArePulledOnce) {
  Cluster cluster(2, 1);
  const auto first = cluster.connect(0), second = cluster.connect(1);
  first->open_table(table_of({64}, kNone));
  second->open_table(table_of({64}, kNone));
  const Values one(64, 1.0f), two(64, 2.0f), four(64, 4.0f);
  Values sum(64);
  start_push(*first, 0, one).wait();
  start_push(*second, 0, two).wait();
  start_pull(*first, 0, sum).wait();
  EXPECT_EQ(sum, Values(64, 3.0f));
  start_push(*first, 1, four).wait();
  start_pull(*second, 0, sum).wait();  // of step 0 still, while step 1 is gathered
  EXPECT_EQ(sum, Values(64, 3.0f));
  start_push(*second, 1, four).wait();
  start_pull(*second, 1, sum).wait();
  EXPECT_EQ(sum, Values(64, 8.0f));
  start_pull(*first, 0, sum).wait();
  EXPECT_THAT(failure_of(*first), HasSubstr("refused: pull of step 0: the sum of another step stands there"));
}

// Nobody pushed step 1, so its sum never comes: a pull that waited for it is told.
TEST(Sums, OfAStepLeftOutAreRefused) {
  Cluster cluster(1, 1);
  const auto client = cluster.connect(0);
  client->open_table(table_of({64}, kNone));
  const Values one(64, 1.0f);
  Values sum(64);
  auto pulled = start_pull(*client, 1, sum);
  start_push(*client, 2, one).wait();
  EXPECT_THAT(failure_of(*client), HasSubstr("pull of step 1: the sum of another step stands there"));
}

TEST(Sums, HaveNoStateAndClipNothing) {
  Cluster cluster(1, 1);
  const auto client = cluster.connect(0);
  auto spec = table_of({64}, kNone);
  spec.norm_block = 16384;
  EXPECT_THAT(error_of([&] { client->open_table(spec); }), HasSubstr("without a rule nothing is clipped"));
  client->open_table(table_of({64}, kNone));
  EXPECT_THAT(error_of([&] { client->open_table(table_of({64}, kSgd)); }), HasSubstr("another rule"));
  Values values(64);
  EXPECT_THAT(error_of([&] { client->read(1, 0, 0, values.data()); }), HasSubstr("slot must be -1 to -1, received 0"));
}

TEST(PushAndPull, AgainWhileOneWaitsEndsTheJob) {
  Cluster cluster(2, 1);
  const auto client = cluster.connect(0), other = cluster.connect(1);
  client->open_table(table_of({64}, kSgd));
  Values one(64), two(64);
  auto first = start_pull(*client, 3, one), second = start_pull(*client, 4, two);
  EXPECT_THAT(failure_of(*client),
              HasSubstr("pull: slice 0 of step 4 is asked for again before the pull of step 3 is answered"));
}

TEST(PushAndPull, APushBeforeTheStepBeforeIsAppliedEndsTheJob) {
  Cluster cluster(2, 1);
  const auto client = cluster.connect(0), other = cluster.connect(1);
  client->open_table(table_of({64}, kSgd));
  const Values one(64);
  start_push(*client, 0, one).wait();
  auto ahead = start_push(*client, 1, one);
  EXPECT_THAT(failure_of(*client), HasSubstr("push: slice 0 of step 1 while an earlier step is not complete"));
}

TEST(PushAndPull, ALatePushIsRefused) {
  Cluster cluster(1, 1);
  const auto client = cluster.connect(0);
  client->open_table(table_of({64}, kSgd));
  const Values one(64);
  start_push(*client, 5, one).wait();
  start_push(*client, 4, one).wait();
  EXPECT_THAT(failure_of(*client), HasSubstr("push of step 4 is late"));
}

TEST(PushAndPull, AreNotForRulesThatNeedNorms) {
  Cluster cluster(1, 1);
  const auto client = cluster.connect(0);
  auto spec = table_of({64}, R"({"class_name": "SGD", "clipnorm": 1})");
  spec.norm_block = 16384;
  client->open_table(spec);
  Values values(64);
  EXPECT_THAT(error_of([&] { start_push(*client, 0, values); }), HasSubstr("its rule needs norms"));
  EXPECT_THAT(error_of([&] { start_pull(*client, 0, values); }), HasSubstr("its rule needs norms"));
  EXPECT_THAT(error_of([&] { start_pull(*client, 0, values, 1); }), HasSubstr("slice must be 0 to 0, received 1"));
  client->finish();
}

}  // namespace
}  // namespace shoal::ps
