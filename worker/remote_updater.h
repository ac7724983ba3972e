#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "model/train/parameter_updater.h"
#include "worker/connection.h"

namespace shoal::worker {

struct UpdaterOptions {
  std::uint64_t table = 0;  // equal on all workers, another for every updater of the job
  std::uint32_t rank = 0, workers = 1;
  bool spin = false;  // a waiting thread has a processor to itself
  // A round trip costs about as much as moving 64 KiB does: smaller variables share one.
  std::size_t bucket_bytes = 64 << 10;
  std::size_t max_slice_bytes = 1 << 20;
};

// Gradients go to the parameter servers bucket by bucket as the backward pass completes them, and the answers bring the
// new weights. A variable can be read again as soon as its own bucket is back. Opening is collective: every worker
// makes the same updaters in the same order.
std::unique_ptr<train::ParameterUpdater> make_remote_updater(std::shared_ptr<Connection> connection,
                                                             const ParameterSpace& space, const nlohmann::json& rule,
                                                             const UpdaterOptions& options);

}  // namespace shoal::worker
