#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "model/train/model.h"
#include "model/train/step_program.h"

namespace shoal::train {

// Data in the order of a model's inputs and outputs, samples in front. A target that nobody needs is undefined.
struct Samples {
  std::vector<Tensor> x, y;
  std::vector<Tensor> weights = {};  // of each output, undefined where it has none; empty: none at all
  std::int64_t rows() const { return x.empty() ? 0 : x.front().rows(); }
  bool empty() const { return x.empty(); }
};

// Puts x (and y) in order and checks them: tensors are there, all hold equally many samples, at least one. Throws
// ValueError; `what` names the data.
Samples read_samples(const Model& model, const char* what, const Several<Tensor>& x, const Several<Tensor>& y,
                     const Several<Tensor>& sample_weight = {});
Samples read_samples(const Model& model, const char* what, const Several<Tensor>& x);

Samples slice(const Samples& samples, std::int64_t begin, std::int64_t end);  // rows [begin, end), copied

// Gives each sample of the only output the weight of its class, 1 to classes that have none. Throws ValueError when
// there are several outputs or weights already.
void weigh_classes(const Model& model, Samples& samples, const std::map<std::int64_t, double>& class_weight);

// What a program for these data is made for.
Signature signature_of(const Model& model, StepKind kind, const Samples& samples);

}  // namespace shoal::train
