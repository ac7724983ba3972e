#pragma once

#include <memory>
#include <string>
#include <vector>

#include "shoal.h"

// A small network of each family and synthetic data that it can learn, for the end-to-end programs.
struct Family {
  std::unique_ptr<shoal::Model> model;  // not compiled
  std::string loss;                     // of every output
  std::vector<std::string> metrics;     // of the first output
  std::vector<shoal::Tensor> x, y;
};

// "mlp" (with `dropout`), "residual", "lstm", "gru", "tagger" (a mask reaches the loss), "transformer", "autoencoder",
// "two", "recommender", "large", "constrained". More samples begin with the same ones.
Family make_family(const std::string& name, int samples, double dropout);
