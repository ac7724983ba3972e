// A step in two halves: what servers say of the sum of all gradients, and what they make of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "common/base/error.h"
#include "common/optim/norms.h"
#include "tests/ps/cluster.h"

namespace shoal::ps {
namespace {

using ::testing::HasSubstr;

const std::vector<std::size_t> kSizes = {5, 40000, 100, 90001};
const std::string kRule = R"({"class_name": "SGD", "global_clipnorm": 0.5})";
constexpr std::uint64_t kTable = 7;

Client::TableSpec spec() {
  return {.id = kTable, .variable_sizes = kSizes, .rule = kRule, .norm_block = optim::kNormBlock};
}

struct Values {
  std::vector<std::vector<float>> gradients, weights;
  std::vector<double> squares;  // by slice, the first block's place apart by kBlocks
  static constexpr std::size_t kBlocks = 16;

  Values(std::uint32_t rank, std::size_t slices) : squares(slices * kBlocks) {
    for (std::size_t v = 0; v < kSizes.size(); ++v) {
      gradients.push_back(gradient<float>(kSizes[v], rank, 0, v));
      weights.emplace_back(kSizes[v], 1.0f);
    }
  }

  std::vector<Client::PushNorms> pushes(const std::vector<Slice>& slices) {
    std::vector<Client::PushNorms> parts;
    for (std::size_t s = 0; s < slices.size(); ++s)
      parts.push_back({static_cast<int>(s),
                       gradients[static_cast<std::size_t>(slices[s].variable)].data() + slices[s].offset,
                       squares.data() + s * kBlocks});
    return parts;
  }
  std::vector<Client::Apply> applies(const std::vector<Slice>& slices, const double& scale) {
    std::vector<Client::Apply> parts;
    for (std::size_t s = 0; s < slices.size(); ++s)
      parts.push_back({static_cast<int>(s), &scale,
                       weights[static_cast<std::size_t>(slices[s].variable)].data() + slices[s].offset});
    return parts;
  }
};

// Runs a call that ends with a callback to its end.
void finish(Client& client, const std::function<void(std::function<void()>)>& call) {
  std::atomic<bool> done = false;
  call([&] {
    done = true;
    done.notify_all();
  });
  done.wait(false);
  client.check();
}

std::string error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Norms, AreThoseOfTheSumAndTheRuleTakesTheScale) {
  std::vector<std::vector<std::vector<float>>> results;
  for (const std::uint32_t servers : {1u, 3u}) {
    Cluster cluster(2, servers);
    std::vector<std::vector<std::vector<float>>> last(2);
    cluster.run_workers([&](std::uint32_t rank, Client& client) {
      client.open_table(spec());
      const auto& slices = client.slices(kTable);
      Values values(rank, slices.size());
      if (rank == 0)
        for (std::size_t s = 0; s < slices.size(); ++s)
          client.write(kTable, static_cast<int>(s), -1,
                       values.weights[static_cast<std::size_t>(slices[s].variable)].data());
      client.barrier();
      finish(client, [&](auto done) { client.push_norms(kTable, 0, values.pushes(slices), done); });
      for (std::size_t s = 0; s < slices.size(); ++s) {
        const auto v = static_cast<std::size_t>(slices[s].variable);
        std::vector<float> sum = gradient<float>(kSizes[v], 0, 0, v);
        optim::add(sum.size(), gradient<float>(kSizes[v], 1, 0, v).data(), sum.data());
        for (std::size_t at = 0; at < slices[s].size; at += optim::kNormBlock)
          EXPECT_EQ(values.squares[s * Values::kBlocks + at / optim::kNormBlock],
                    optim::sum_of_squares(std::min(optim::kNormBlock, slices[s].size - at),
                                          sum.data() + slices[s].offset + at));
      }
      const double scale = 0.25;
      finish(client, [&](auto done) { client.apply(kTable, 0, 0.5, 0, values.applies(slices, scale), done); });
      last[rank] = values.weights;
      EXPECT_FLOAT_EQ(
          values.weights[3][90000],
          1 - 0.5f * 0.25f * (gradient<float>(90001, 0, 0, 3)[90000] + gradient<float>(90001, 1, 0, 3)[90000]));
      client.finish();
    });
    EXPECT_EQ(last[0], last[1]);
    results.push_back(last[0]);
  }
  EXPECT_EQ(results[0], results[1]);
}

TEST(Norms, WeightsAreNotWrittenBetweenTheHalves) {
  Cluster cluster(1, 1);
  const auto client = cluster.connect(0);
  client->open_table(spec());
  const auto& slices = client->slices(kTable);
  Values values(0, slices.size());
  finish(*client, [&](auto done) { client->push_norms(kTable, 0, values.pushes(slices), done); });
  EXPECT_THAT(error_of([&] { client->write(kTable, 0, -1, values.weights[0].data()); }), HasSubstr("being gathered"));
  const double scale = 1;
  finish(*client, [&](auto done) { client->apply(kTable, 0, 0.5, 0, values.applies(slices, scale), done); });
  EXPECT_EQ(error_of([&] { client->write(kTable, 0, -1, values.weights[0].data()); }), "");
  client->finish();
}

TEST(Norms, HalvesOutOfTurnEndTheConnection) {
  for (const bool push : {true, false}) {
    Cluster cluster(1, 1);
    const auto client = cluster.connect(0);
    client->open_table(spec());
    const auto& slices = client->slices(kTable);
    Values values(0, slices.size());
    const double scale = 1;
    const std::string error = error_of([&] {
      finish(*client, [&](auto done) { client->push_norms(kTable, 0, values.pushes(slices), done); });
      finish(*client, [&](auto done) {
        if (push)
          client->push_norms(kTable, 1, values.pushes(slices), done);
        else
          client->apply(kTable, 1, 0.5, 0, values.applies(slices, scale), done);
      });
    });
    EXPECT_THAT(error, HasSubstr(push ? "before the step before is applied" : "has no sum of it"));
    EXPECT_NE(cluster.join(0), "");
  }
}

TEST(Norms, ATableHasWholeStepsOrHalves) {
  Cluster cluster(1, 1);
  const auto client = cluster.connect(0);
  client->open_table(spec());
  Client::TableSpec plain{.id = 8, .variable_sizes = kSizes, .rule = R"({"class_name": "SGD"})"};
  client->open_table(plain);
  Values values(0, client->slices(kTable).size());
  const Client::PushPull whole{0, values.gradients[0].data(), values.weights[0].data()};
  EXPECT_THAT(error_of([&] { client->push_pull(kTable, 0, 1, 0, {&whole, 1}, [] {}); }), HasSubstr("needs norms"));
  const Client::PushNorms half{0, values.gradients[0].data(), values.squares.data()};
  EXPECT_THAT(error_of([&] { client->push_norms(8, 0, {&half, 1}, [] {}); }), HasSubstr("needs no norms"));
  client->finish();
}

}  // namespace
}  // namespace shoal::ps
