// What client and servers agree on: tables, repeated pushes, collectives, the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "common/base/error.h"
#include "tests/ps/cluster.h"

namespace shoal::ps {
namespace {

using ::testing::HasSubstr;

const std::string kSgd = R"({"class_name": "SGD"})";

Client::TableSpec table_of(std::vector<std::size_t> sizes) {
  Client::TableSpec spec;
  spec.id = 1;
  spec.variable_sizes = std::move(sizes);
  spec.rule = kSgd;
  return spec;
}

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void push(Client& client, std::int64_t step, std::vector<float>& gradient, std::vector<float>& weights) {
  std::promise<void> done;
  const Client::PushPull part{0, gradient.data(), weights.data()};
  client.push_pull(1, step, 0.5, step, std::span(&part, 1), [&] { done.set_value(); });
  done.get_future().wait();
}

TEST(Tables, AnotherSpecIsRefusedAndTheFirstGoesOn) {
  Cluster cluster(2, 2);
  const auto first = cluster.connect(0), second = cluster.connect(1);
  first->open_table(table_of({100, 200}));
  EXPECT_THAT(error_of([&] {
                second->open_table(table_of({100, 201}));
              }),
              AllOf(HasSubstr(" (here, 127.0.0.1:"), HasSubstr("refused"), HasSubstr("differ")));
  second->open_table(table_of({100, 200}));
  first->finish();
  second->finish();
  EXPECT_EQ(cluster.join(0), "");
}

TEST(Tables, ARuleThatDoesNotExistIsRefused) {
  Cluster cluster(1, 1);
  const auto client = cluster.connect(0);
  auto spec = table_of({10});
  spec.rule = R"({"class_name": "Nonsense"})";
  EXPECT_THAT(error_of([&] { client->open_table(spec); }), HasSubstr("Nonsense"));
  spec.rule = "not JSON";
  EXPECT_THAT(error_of([&] { client->open_table(spec); }), HasSubstr("not JSON"));
  spec = table_of({10});
  spec.element_bytes = 2;
  EXPECT_THAT(error_of([&] { client->open_table(spec); }), HasSubstr("4 or 8"));
  client->open_table(table_of({10}));
  EXPECT_THAT(error_of([&] { client->push_pull(2, 0, 0.1, 0, {}, [] {}); }), HasSubstr("table 2 is not open"));
  const Client::PushPull part{1, nullptr, nullptr};
  EXPECT_THAT(error_of([&] { client->push_pull(1, 0, 0.1, 0, std::span(&part, 1), [] {}); }), HasSubstr("slice"));
  client->finish();
}

TEST(Tables, SeveralLiveSideBySide) {
  Cluster cluster(1, 2);
  cluster.run_workers([](std::uint32_t rank, Client& client) {
    const auto one = train<float>(client, rank, 1, {1000, 20}, kSgd, 2, 1);
    const auto two = train<double>(client, rank, 2, {77}, kSgd, 2, 1);
    const auto again = train<float>(client, rank, 3, {1000, 20}, kSgd, 2, 2);
    EXPECT_EQ(one, again);
    client.finish();
  });
}

TEST(Pushes, ARepeatedOneIsAnsweredAndNotCounted) {
  Cluster cluster(1, 1);
  const auto client = cluster.connect(0);
  client->open_table(table_of({64}));
  std::vector<float> gradient(64, 1.0f), weights(64, 9.0f);
  push(*client, 0, gradient, weights);
  EXPECT_EQ(weights, std::vector<float>(64, -0.5f));
  std::fill(weights.begin(), weights.end(), 9.0f);
  push(*client, 0, gradient, weights);
  EXPECT_EQ(weights, std::vector<float>(64, -0.5f));
  push(*client, 1, gradient, weights);
  EXPECT_EQ(weights, std::vector<float>(64, -1.0f));
  client->finish();
}

TEST(Pushes, ARepeatedOneWaitsWithTheFirst) {
  Cluster cluster(2, 1);
  const auto first = cluster.connect(0), second = cluster.connect(1);
  first->open_table(table_of({64}));
  second->open_table(table_of({64}));
  std::vector<float> gradient(64, 1.0f), other(64, 2.0f), weights(64), again(64), theirs(64);
  std::promise<void> once, twice;
  Client::PushPull part{0, gradient.data(), weights.data()};
  first->push_pull(1, 0, 0.5, 0, std::span(&part, 1), [&] { once.set_value(); });
  part.weights = again.data();
  first->push_pull(1, 0, 0.5, 0, std::span(&part, 1), [&] { twice.set_value(); });
  push(*second, 0, other, theirs);
  once.get_future().wait();
  twice.get_future().wait();
  EXPECT_EQ(weights, std::vector<float>(64, -1.5f));
  EXPECT_EQ(again, weights);
  EXPECT_EQ(theirs, weights);
  first->finish();
  second->finish();
}

TEST(Pushes, ALateOneIsRefused) {
  Cluster cluster(1, 1);
  const auto client = cluster.connect(0);
  client->open_table(table_of({64}));
  std::vector<float> gradient(64, 1.0f), weights(64);
  push(*client, 5, gradient, weights);
  push(*client, 4, gradient, weights);
  EXPECT_THAT(error_of([&] { client->check(); }), AllOf(HasSubstr("server 0 (here"), HasSubstr("late")));
}

TEST(Pushes, StepsBeginAnewAfterWeightsWereWritten) {
  Cluster cluster(1, 1);
  const auto client = cluster.connect(0);
  client->open_table(table_of({64}));
  std::vector<float> gradient(64, 1.0f), weights(64);
  push(*client, 5, gradient, weights);
  const std::vector<float> other(64, 10.0f);
  client->write(1, 0, -1, other.data());
  push(*client, 0, gradient, weights);
  client->check();
  EXPECT_EQ(weights, std::vector<float>(64, 9.5f));
  client->finish();
}

TEST(Collectives, AllKindsInRankOrder) {
  constexpr std::uint32_t kWorkers = 3;
  Cluster cluster(kWorkers, 2);
  const std::string large(300000, 'x');
  cluster.run_workers([&](std::uint32_t rank, Client& client) {
    for (int round = 0; round < 5; ++round) {
      client.barrier();
      // Rounding tells the order of additions.
      double values[2] = {rank == 0 ? 1e16 : 1.0, 0.1 * (rank + 1)};
      client.sum(values);
      EXPECT_EQ(values[0], (1e16 + 1.0) + 1.0);
      EXPECT_EQ(values[1], (0.1 * 1 + 0.1 * 2) + 0.1 * 3);
      EXPECT_EQ(client.broadcast(rank == 0 ? large : "mine"), large);
      const auto all = client.gather(fmt::format("{} of {}", rank, round));
      if (rank == 0) {
        ASSERT_EQ(all.size(), kWorkers);
        for (std::uint32_t other = 0; other < kWorkers; ++other)
          EXPECT_EQ(all[other], fmt::format("{} of {}", other, round));
      } else {
        EXPECT_TRUE(all.empty());
      }
    }
    client.finish();
  });
  EXPECT_EQ(cluster.join(0), "");
  EXPECT_EQ(cluster.join(1), "");
}

TEST(Collectives, ABarrierHoldsUntilTheLastHasCome) {
  Cluster cluster(2, 1);
  std::atomic<bool> arrived = false;
  cluster.run_workers([&](std::uint32_t rank, Client& client) {
    if (rank == 1) {
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
      arrived = true;
    }
    client.barrier();
    EXPECT_TRUE(arrived);
    client.finish();
  });
}

TEST(Collectives, DifferentOnesAtOnceAreAnError) {
  Cluster cluster(2, 1);
  const auto first = cluster.connect(0), second = cluster.connect(1);
  auto other = std::async(std::launch::async, [&] {
    return error_of([&] {
      double value = 1;
      second->sum(std::span(&value, 1));
    });
  });
  EXPECT_NE(error_of([&] { first->barrier(); }), "");
  EXPECT_NE(other.get(), "");
  EXPECT_THAT(cluster.join(0), AllOf(HasSubstr("barrier"), HasSubstr("sum")));
}

TEST(End, AGoodbyeWhileOthersWaitIsAnError) {
  Cluster cluster(2, 1);
  const auto first = cluster.connect(0), second = cluster.connect(1);
  auto leaving = std::async(std::launch::async, [&] { return error_of([&] { second->finish(); }); });
  EXPECT_THAT(error_of([&] { first->barrier(); }), HasSubstr("goodbye"));
  leaving.wait();
  EXPECT_THAT(cluster.join(0), HasSubstr("goodbye"));
}

TEST(End, FinishMayBeCalledTwiceButNothingAfterIt) {
  Cluster cluster(1, 2);
  const auto client = cluster.connect(0);
  client->finish();
  client->finish();
  EXPECT_THROW(client->barrier(), InternalError);
  EXPECT_EQ(cluster.join(0), "");
  EXPECT_EQ(cluster.join(1), "");
}

TEST(End, AClientThatIsDroppedIsALoss) {
  Cluster cluster(1, 1);
  cluster.connect(0).reset();
  EXPECT_THAT(cluster.join(0), AllOf(HasSubstr("worker 0 (127.0.0.1:"), HasSubstr("without goodbye")));
}

}  // namespace
}  // namespace shoal::ps
