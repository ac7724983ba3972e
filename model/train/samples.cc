#include "model/train/samples.h"

#include <cmath>

#include "common/base/error.h"
#include "model/ops/ops.h"
#include "model/train/objectives.h"
#include "model/train/state.h"

namespace shoal::train {
namespace {

using Names = std::vector<std::string>;

void check_rows(const char* what, const std::string& which, const Tensor& data) {
  if (!data.defined()) raise("{}: {} is an undefined tensor", what, which);
  if (data.shape().rank() == 0) raise("{}: {} needs an axis of samples in front, received a scalar", what, which);
  if (data.rows() == 0) raise("{}: {} holds no samples, received shape {}", what, which, data.shape().to_string());
}

// "x", or "x 'image'" where there are several.
std::string part(const char* which, const Names& names, std::size_t i) {
  return names.size() == 1 ? which : fmt::format("{} '{}'", which, names.at(i));
}

Signature::Part part_of(const Tensor& data, DType dtype) {
  std::vector<std::int64_t> dims = data.shape().dims();
  dims[0] = kRows;
  return {Shape(std::move(dims)), dtype, true};
}

}  // namespace

Samples read_samples(const Model& model, const char* what, const Several<Tensor>& x) {
  Samples samples{order_inputs(model, what, x), {}, {}};
  const Names names = model.input_names();
  for (std::size_t i = 0; i < samples.x.size(); ++i) {
    check_rows(what, part("x", names, i), samples.x[i]);
    if (samples.x[i].rows() != samples.rows())
      raise("{}: data cardinality is ambiguous, all inputs must hold equally many samples: received {} and {}", what,
            samples.rows(), samples.x[i].rows());
  }
  return samples;
}

Samples read_samples(const Model& model, const char* what, const Several<Tensor>& x, const Several<Tensor>& y,
                     const Several<Tensor>& sample_weight) {
  Samples samples = read_samples(model, what, x);
  samples.y = order_targets(model, what, y);
  const std::vector<Objective> wanted = objectives(model);
  const Names names = model.output_names();
  for (std::size_t i = 0; i < samples.y.size(); ++i) {
    if (!wanted[i].has_target()) continue;
    check_rows(what, part("y", names, i), samples.y[i]);
    if (samples.y[i].rows() != samples.rows())
      raise("{}: data cardinality is ambiguous, x and {} must hold equally many samples: received {} and {}", what,
            part("y", names, i), samples.rows(), samples.y[i].rows());
  }
  if (sample_weight.empty()) return samples;
  samples.weights = order_weights(model, what, sample_weight);
  for (const Tensor& weights : samples.weights)
    if (weights.defined() && weights.rows() != samples.rows())
      raise("{}: data cardinality is ambiguous, x and sample_weight must hold equally many samples: received {} and {}",
            what, samples.rows(), weights.rows());
  return samples;
}

void weigh_classes(const Model& model, Samples& samples, const std::map<std::int64_t, double>& class_weight) {
  if (class_weight.empty()) return;
  if (!samples.weights.empty()) raise("fit: class_weight and sample_weight cannot be given at the same time");
  if (samples.y.size() != 1)
    raise("fit: class_weight needs a model with one output, model '{}' has {}", model.name(), samples.y.size());
  Tensor labels = samples.y[0];
  if (labels.shape().rank() == 2) labels = labels.shape()[1] == 1 ? ops::squeeze(labels, 1) : ops::argmax(labels);
  if (labels.shape().rank() != 1)
    raise("fit: class_weight needs one label or a row of classes for each sample, received y of shape {}",
          samples.y[0].shape().to_string());
  std::vector<double> weights;
  for (const double label : labels.to_vector<double>()) {
    const auto found = class_weight.find(std::llround(label));
    weights.push_back(found == class_weight.end() ? 1 : found->second);
  }
  samples.weights = {Tensor(weights, {samples.rows()})};
}

Samples slice(const Samples& samples, std::int64_t begin, std::int64_t end) {
  Samples result;
  for (const Tensor& x : samples.x) result.x.push_back(x.slice(begin, end));
  for (const Tensor& y : samples.y) result.y.push_back(y.defined() ? y.slice(begin, end) : Tensor());
  for (const Tensor& w : samples.weights) result.weights.push_back(w.defined() ? w.slice(begin, end) : Tensor());
  return result;
}

// Data take the dtype that the model's input asks for; labels that are whole numbers stay as they are.
Signature signature_of(const Model& model, StepKind kind, const Samples& samples) {
  Signature signature{kind, {}, {}, {}};
  for (std::size_t i = 0; i < samples.x.size(); ++i)
    signature.x.push_back(part_of(samples.x[i], model.network()->input_dtype(i, samples.x[i].dtype())));
  const DType dtype = dtype_of_model(model);
  for (const Tensor& y : samples.y)
    signature.y.push_back(y.defined() ? part_of(y, is_floating(y.dtype()) ? dtype : y.dtype())
                                      : Signature::Part{Shape(), dtype, false});
  for (const Tensor& w : samples.weights)
    signature.weights.push_back(w.defined() ? part_of(w, dtype) : Signature::Part{Shape(), dtype, false});
  return signature;
}

}  // namespace shoal::train
