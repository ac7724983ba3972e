#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "common/optim/rule.h"
#include "model/tensor/variable.h"
#include "ps/client/client.h"

namespace shoal::worker {

struct UpdaterOptions {
  std::uint64_t table = 0;  // equal on all workers, another for every updater of the job
  std::uint32_t rank = 0, workers = 1;
  bool spin = false;  // a waiting thread has a processor to itself
  // A round trip costs about as much as moving 64 KiB does: smaller variables share one.
  std::size_t bucket_bytes = 64 << 10;
  // The largest slice of a large model; slices of smaller ones are smaller, for the sake of what goes up, is applied
  // and comes back at once.
  std::size_t max_slice_bytes = 1 << 20;
  // In shared memory gradients of at least so much go piece by piece (optim::PieceRing): whole they would leave the
  // caches before anybody adds them.
  std::size_t large_bytes = 4 << 20;
};

// What the servers are told of a model's weights and their rule; null: they only add gradients.
ps::Client::TableSpec table_spec(const ParameterSpace& space, const nlohmann::json& rule,
                                 const UpdaterOptions& options);

// What the servers' rule shares with all rules: without one, nothing.
optim::Common common_of(const nlohmann::json& rule);

}  // namespace shoal::worker
