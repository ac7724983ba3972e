#pragma once

#include "model/train/model.h"
#include "model/train/samples.h"

namespace shoal::train {

// ValueErrors before anything has run, the same on every worker.

void check_has_loss(const Model& model, const char* what);
// Builds the model for x when needed; its input shapes must be those of x. As Keras does, a last axis of one that x has
// too many or too few is taken away or added.
void fit_inputs(Model& model, const char* what, Samples& samples);
// Labels of a sparse cross-entropy are classes that the model knows.
void check_labels(const Model& model, const char* what, const Samples& samples);
void check_options(const FitOptions& options);
void check_batch_size(const char* what, std::int64_t batch_size);

}  // namespace shoal::train
