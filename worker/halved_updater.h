#pragma once

#include <memory>

#include "common/io/shared_memory.h"
#include "common/optim/tile_board.h"
#include "model/train/parameter_updater.h"
#include "worker/connection.h"
#include "worker/table_spec.h"

namespace shoal::worker {

// Training in shared memory (worker/shared_updater.h) with a rule that clips by norms. Gradients are added while the
// backward pass runs; at its end every worker reads the sums, comes to the same scales, and the rule follows.
std::unique_ptr<train::ParameterUpdater> make_halved_updater(std::shared_ptr<Connection> connection,
                                                             const ParameterSpace& space, const UpdaterOptions& options,
                                                             io::SharedMemory memory, const optim::TileLayout& layout,
                                                             std::shared_ptr<const optim::Rule> rule);

}  // namespace shoal::worker
