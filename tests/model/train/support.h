#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "model/functional/sequential.h"
#include "model/layers/layers.h"

namespace shoal::testing {

struct Data {
  Tensor x, y;
};

// Points of `classes` well separated clouds in the plane, labels as integers (rows); the same on every machine.
Data clouds(std::int64_t rows, std::int64_t classes, int seed = 1);
// 8 x 8 images of bytes with a bright horizontal or vertical bar; the label says which.
Data bars(std::int64_t rows, int seed = 1);

// Restarts names and seeds, as a new process does.
void begin_program(std::uint64_t seed);

std::vector<std::vector<double>> weights_of(const Model& model);

// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::string path(const std::string& name = "") const { return (folder_ / name).string(); }

 private:
  std::filesystem::path folder_;
};

}  // namespace shoal::testing
