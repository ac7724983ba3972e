#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "model/tensor/variable.h"
#include "ps/client/client.h"

namespace shoal::worker {

struct UpdaterOptions {
  std::uint64_t table = 0;  // equal on all workers, another for every updater of the job
  std::uint32_t rank = 0, workers = 1;
  bool spin = false;  // a waiting thread has a processor to itself
  // A round trip costs about as much as moving 64 KiB does: smaller variables share one.
  std::size_t bucket_bytes = 64 << 10;
  std::size_t max_slice_bytes = 1 << 20;
  // In shared memory gradients of at least so much go piece by piece (optim::PieceRing): whole they would leave the
  // caches before anybody adds them.
  std::size_t large_bytes = 4 << 20;
};

// What the servers are told of a model's weights and their rule.
ps::Client::TableSpec table_spec(const ParameterSpace& space, const nlohmann::json& rule,
                                 const UpdaterOptions& options);

}  // namespace shoal::worker
