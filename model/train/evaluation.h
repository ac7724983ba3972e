#pragma once

#include <string>
#include <utility>
#include <vector>

#include "model/train/model.h"
#include "model/train/samples.h"
#include "model/viz/progress_bar.h"

namespace shoal::train {

// Loss and metrics over the samples, every one once, shared out over the workers: each global batch is `batch_size`
// rows. Weights are current when it is called. Every worker calls it and gets the same values.
std::vector<std::pair<std::string, double>> evaluate_on(Model& model, const Samples& samples, std::int64_t batch_size,
                                                        viz::ProgressBar* bar);

// Traces without running, so that what does not fit is said before training starts.
void prepare_evaluation(Model& model, const Samples& samples);

}  // namespace shoal::train
