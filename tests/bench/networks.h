#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "shoal.h"

// The networks that Shoal and its peers are timed on.
namespace shoal::bench {

struct Network {
  std::unique_ptr<Model> model;
  Loss loss = "sparse_categorical_crossentropy";
  std::string optimizer = "adam";
  std::vector<Metric> metrics{"accuracy"};
  Tensor x, y;
  // Layers of a Sequential whose positive outputs are those that get a gradient: the last before or behind the pooling.
  std::vector<int> rectified;
};

constexpr const char* kModels =
    "cnn, lenet, mlp, bigmlp, lstm, transformer, resnet20, widedeep or tiny (ten Dense layers of 8 units)";

// How many samples an epoch has.
std::int64_t samples_of(const std::string& name, std::int64_t batch);

// Operations of a training step in millions per sample: forward, both gradients, no input gradient of the first layer.
double megaflops_of(const std::string& name);

Network make_network(const std::string& name, std::int64_t samples);

// The share of positive outputs of each rectified layer, for the first rows of the data.
std::vector<double> positive_shares(const Network& network);

}  // namespace shoal::bench
