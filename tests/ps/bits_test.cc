// Servers compute what one process computes, bit for bit.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/ps/cluster.h"

namespace shoal::ps {
namespace {

const std::vector<std::size_t> kSizes = {1, 15, 16, 17, 1000, 70001, 33, 40000};
const std::string kAdam = R"({"class_name": "Adam"})";
const std::string kSgd = R"({"class_name": "SGD", "momentum": 0.9, "nesterov": true})";
constexpr int kSteps = 4;

template <class T>
std::vector<std::vector<T>> local(std::uint32_t workers, const std::string& rule) {
  LocalTraining<T> training(kSizes, rule);
  for (int step = 0; step < kSteps; ++step) {
    std::vector<std::vector<std::vector<T>>> gradients(workers);
    for (std::uint32_t rank = 0; rank < workers; ++rank)
      for (std::size_t v = 0; v < kSizes.size(); ++v) gradients[rank].push_back(gradient<T>(kSizes[v], rank, step, v));
    training.step(step, learning_rate(step), gradients);
  }
  return training.weights;
}

template <class T>
void expect_bits(std::uint32_t workers, std::uint32_t servers, const std::string& rule, std::uint64_t seed,
                 std::size_t max_slice_bytes = 1 << 20, const std::string& transport = "tcp") {
  Cluster cluster(workers, servers, 30, 0, transport);
  const auto expected = local<T>(workers, rule);
  std::vector<std::vector<std::vector<T>>> got(workers);
  cluster.run_workers([&](std::uint32_t rank, Client& client) {
    got[rank] = train<T>(client, rank, 5, kSizes, rule, kSteps, seed, max_slice_bytes);
    client.finish();
  });
  for (std::uint32_t rank = 0; rank < workers; ++rank)
    for (std::size_t v = 0; v < kSizes.size(); ++v)
      EXPECT_EQ(std::memcmp(got[rank][v].data(), expected[v].data(), kSizes[v] * sizeof(T)), 0)
          << "worker " << rank << " of " << workers << ", variable " << v << ", " << servers << " servers";
  for (std::uint32_t server = 0; server < servers; ++server) EXPECT_EQ(cluster.join(server), "");
}

TEST(Bits, OneWorkerOneServerIsLocal) {
  expect_bits<float>(1, 1, kAdam, 1);
  expect_bits<double>(1, 1, kSgd, 1);
}

TEST(Bits, OneWorkerThreeServersIsLocal) {
  expect_bits<float>(1, 3, kSgd, 2);
  expect_bits<double>(1, 3, kAdam, 2);
}

TEST(Bits, TwoWorkersOneServerIsTheSumInRankOrder) {
  expect_bits<float>(2, 1, kAdam, 3);
  expect_bits<double>(2, 1, kAdam, 3);
}

TEST(Bits, TwoWorkersThreeServersTwice) {
  expect_bits<float>(2, 3, kAdam, 4);
  expect_bits<float>(2, 3, kAdam, 5);
  expect_bits<double>(2, 3, kSgd, 6);
}

TEST(Bits, ThreeWorkersSmallSlices) { expect_bits<float>(3, 2, kAdam, 7, 4096); }

TEST(Bits, OverUnixSocketsAndThroughTls) {
  for (const char* transport : {"unix", "tls"}) {
    expect_bits<float>(2, 3, kAdam, 8, 1 << 20, transport);
    expect_bits<double>(1, 2, kSgd, 9, 4096, transport);
  }
}

TEST(Bits, MoreServersThanWork) {
  Cluster cluster(1, 4);
  LocalTraining<float> training({3}, kAdam);
  training.step(0, learning_rate(0), {{gradient<float>(3, 0, 0, 0)}});
  cluster.run_workers([&](std::uint32_t rank, Client& client) {
    const auto got = train<float>(client, rank, 5, {3}, kAdam, 1, 1);
    EXPECT_EQ(got[0], training.weights[0]);
    client.finish();
  });
  for (std::uint32_t server = 0; server < 4; ++server) EXPECT_EQ(cluster.join(server), "");
}

TEST(Bits, OptimizerStateIsReadAndWritten) {
  Cluster cluster(1, 2);
  LocalTraining<float> training({1000}, kAdam);
  for (int step = 0; step < 2; ++step) training.step(step, learning_rate(step), {{gradient<float>(1000, 0, step, 0)}});
  cluster.run_workers([&](std::uint32_t rank, Client& client) {
    train<float>(client, rank, 5, {1000}, kAdam, 2, 1);
    std::vector<float> slot(1000);
    for (int s = 0; s < 2; ++s) {
      for (std::size_t i = 0; i < client.slices(5).size(); ++i)
        client.read(5, static_cast<int>(i), s, slot.data() + client.slices(5)[i].offset);
      EXPECT_EQ(slot, training.slots[static_cast<std::size_t>(s)][0]);
    }
    const std::vector<float> other(1000, 0.25f);
    for (std::size_t i = 0; i < client.slices(5).size(); ++i)
      client.write(5, static_cast<int>(i), 1, other.data() + client.slices(5)[i].offset);
    for (std::size_t i = 0; i < client.slices(5).size(); ++i)
      client.read(5, static_cast<int>(i), 1, slot.data() + client.slices(5)[i].offset);
    EXPECT_EQ(slot, other);
    client.finish();
  });
}

}  // namespace
}  // namespace shoal::ps
