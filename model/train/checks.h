#pragma once

#include "model/train/model.h"

namespace shoal::train {

// ValueErrors before anything has run, the same on every worker.

// x and y have rows, as many of one as of the other, and at least one; `what` names the data.
void check_data(const char* what, const Tensor& x, const Tensor& y);
// Builds the model for x when needed; its input shape must be that of x.
void check_input(Model& model, const char* what, const Tensor& x);
// Labels of a sparse cross-entropy are classes that the model knows.
void check_labels(Model& model, const char* what, const Tensor& y, const Shape& output);
void check_options(const FitOptions& options);
void check_batch_size(const char* what, std::int64_t batch_size);

}  // namespace shoal::train
