#include "worker/explanation.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace shoal::worker {
namespace {

using ::testing::HasSubstr;

class ExplanationTest : public ::testing::Test {
 protected:
  std::string text(ExplainOptions options, std::uint32_t workers = 2) const {
    return explain(space_, *rule_, {.table = 1, .workers = workers}, options);
  }

  // 250,016 weights: 1,000,064 bytes.
  std::vector<Variable> variables_{Variable(Tensor(Shape{500, 500}, DType::kFloat32), "kernel"),
                                   Variable(Tensor(Shape{16}, DType::kFloat32), "bias")};
  ParameterSpace space_{variables_, heap_arena};
  std::unique_ptr<optim::Rule> rule_ = optim::make_rule({{"class_name", "Adam"}});
};

TEST_F(ExplanationTest, OneServerHoldsManyWorkersUp) {
  const std::string one = text({.servers = 1, .bits_per_second = 8e9}, 4);
  EXPECT_THAT(one, HasSubstr("2 variables, 1000.1 kB of weights, rule Adam; 4 workers, 1 servers, TCP"));
  EXPECT_THAT(one, HasSubstr("server 0: 1000.1 kB in"));
  EXPECT_THAT(one, HasSubstr("fullest server / mean: 1.000"));
  EXPECT_THAT(one, HasSubstr("at 8 Gbit/s a host, processes of this plan on hosts of their own: 4.00 ms; the servers"));
  EXPECT_THAT(one, HasSubstr("servers within the workers' processes 1.50 ms, as many elsewhere as well 1.33 ms"));
  EXPECT_THAT(text({.servers = 4, .bits_per_second = 8e9}, 4), HasSubstr("1.00 ms; the "));
}

TEST_F(ExplanationTest, ColocatedServersNeedWhatAnAllreduceNeeds) {
  EXPECT_THAT(text({.servers = 4, .colocated = true, .bits_per_second = 8e9}, 4), HasSubstr("1.50 ms; the workers"));
}

// Two slices' weights, two slots and the workers' gradients; without a rule, sums and gradients.
TEST_F(ExplanationTest, SaysWhatServersHold) {
  EXPECT_THAT(text({.servers = 1}, 2), HasSubstr(fmt::format("slices, holds {} bytes\n", 1000064 * (1 + 2 + 2))));
  EXPECT_THAT(text({.servers = 1, .workers_apply = true}, 4),
              AllOf(HasSubstr("rule Adam applied by every worker; 4 workers"),
                    HasSubstr(fmt::format("slices, holds {} bytes\n", 1000064 * (1 + 4)))));
  // Whole pages: weights, two slots and the gradients of two workers; and a page that says who did what.
  constexpr std::size_t kPart = 245 * 4096;
  EXPECT_THAT(text({.servers = 1, .shared = true}), HasSubstr(fmt::format("memory: {} bytes\n", 4096 + 5 * kPart)));
  EXPECT_THAT(text({.servers = 1, .shared = true, .workers_apply = true}),
              HasSubstr(fmt::format("memory: {} bytes\n", 4096 + 3 * kPart)));
}

TEST_F(ExplanationTest, SharedMemoryCountsTheRulesArraysOnEveryWorkerThatApplies) {
  // Two gradients read, the sum written; each of two workers reads it, and reads and writes three arrays.
  EXPECT_THAT(text({.servers = 1, .shared = true, .workers_apply = true}),
              HasSubstr(fmt::format("A step touches {:.1f} MB of memory", 1.000064 * (2 + 2 + 2 * (1 + 6)))));
}

TEST_F(ExplanationTest, SharedMemoryCountsTheRulesArrays) {
  EXPECT_THAT(text({.servers = 1, .shared = true, .memory_bytes_per_second = 8e9}),
              HasSubstr("A step touches 8000.5 kB of memory (2 gradients read, 3 arrays read and written)\n"
                        "  least time 1.00 ms at 8.0 GB/s"));
}

TEST(MemoryBandwidth, IsThatOfMemory) {
  const double bandwidth = measure_memory_bandwidth();
  EXPECT_GT(bandwidth, 1e8);
  EXPECT_LT(bandwidth, 1e13);
}

}  // namespace
}  // namespace shoal::worker
