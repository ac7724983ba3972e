#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/train/common_state.h"
#include "model/train/model.h"

namespace shoal::saving {

// Where a fit stands, apart from weights and optimizer state. docs/checkpoint.md says how each field is stored.
struct TrainingState {
  int epoch = 0;                // the epoch under way, 0-based
  std::int64_t batch = 0;       // the next batch to run in it; == batches: the epoch's end is due
  std::int64_t step = 0;        // training steps done over all fits: keys random draws
  std::int64_t iterations = 0;  // the optimizer's
  double learning_rate = 0;
  std::uint64_t seed = 0;  // of data order and random draws
  std::int64_t global_batch = 0;
  std::int64_t samples = 0;  // of the training data
  bool shuffle = true;
  int workers = 1;
  std::vector<std::vector<double>> metric_sums;  // [worker][sum, count, ...] of the epoch so far
  train::OwnState own;                           // what is not the same on all workers
  History history;
  nlohmann::json callbacks = nlohmann::json::array();  // one state per callback, in the user's order
  std::string kernel_level;                            // a resume warns when it differs
};

// Called by the chief at a step boundary with every weight current: writes `<directory>/step-<n>.weights.h5` (temporary
// file, fsync, rename, directory fsync) and removes all but the last `keep`. Reads optimizer state one variable at a
// time through model.updater(). Returns the path. Throws IoError; a failed write leaves no file behind.
std::string write_checkpoint(const std::string& directory, Model& model, const TrainingState& state, int keep);

// Called by the chief: puts the newest sound checkpoint's weights into the model and its optimizer state into
// model.updater(), after verifying checksums; a damaged file gives a warning and the one before is taken. Nothing when
// the directory holds none; throws IoError when all are damaged, ValueError when it belongs to another model.
std::optional<TrainingState> restore_newest(const std::string& directory, Model& model);

// What `shoal checkpoint info FILE` prints; throws IoError naming what is unsound.
std::string describe_checkpoint(const std::string& path);

}  // namespace shoal::saving
