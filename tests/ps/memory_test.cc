// What a server is said to hold is what it allocates, and all of it at the start.
#include <gtest/gtest.h>

#include "common/optim/rule.h"
#include "ps/client/traffic.h"
#include "ps/store/shard.h"

namespace shoal::ps {
namespace {

TEST(ServerMemory, IsWhatTheShardsAllocate) {
  const std::vector<std::size_t> sizes = {1, 17, 70001, 40000, 0, 333};
  for (const std::size_t element_bytes : {std::size_t{4}, std::size_t{8}})
    for (const std::uint32_t workers : {1u, 2u, 5u})
      for (const std::string rule : {"", "SGD", "Adam", "Adagrad"})
        for (const int servers : {1, 3, 40}) {
          const auto make = [&] { return rule.empty() ? nullptr : optim::make_rule({{"class_name", rule}}); };
          const auto slices = plan_slices(sizes, element_bytes, servers, 20000);
          const auto told = server_memory(slices, element_bytes, servers, static_cast<int>(workers),
                                          rule.empty() ? 0 : make()->slots(), rule.empty());
          ASSERT_EQ(told.size(), static_cast<std::size_t>(servers));
          for (int server = 0; server < servers; ++server) {
            std::vector<std::size_t> own;
            for (const Slice& slice : slices)
              if (slice.server == server) own.push_back(slice.size);
            EXPECT_EQ(Shard::make(own, element_bytes, workers, make())->memory_bytes(),
                      told[static_cast<std::size_t>(server)])
                << rule << ", " << workers << " workers, server " << server << " of " << servers;
          }
        }
}

}  // namespace
}  // namespace shoal::ps
