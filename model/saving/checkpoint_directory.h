#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace shoal::saving {

struct CheckpointFile {
  std::int64_t step = 0;
  std::string path;
};

std::string checkpoint_path(const std::string& directory, std::int64_t step);  // "<directory>/step-120.weights.h5"
std::vector<CheckpointFile> checkpoints_in(const std::string& directory);      // newest first; none when it is missing

// After `step` was written: removes what a killed writer left, the checkpoints of later steps (of another or abandoned
// run: a resume must not find them), and all but the last `keep`.
void prune_checkpoints(const std::string& directory, std::int64_t step, int keep);

}  // namespace shoal::saving
