#include "model/train/checks.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/train/objectives.h"

namespace shoal::train {
namespace {

Shape symbolic(const Shape& shape) {
  std::vector<std::int64_t> dims = shape.dims();
  dims[0] = kRows;
  return Shape(std::move(dims));
}

// The same values with a last axis of one more, or less.
Tensor with_rank(const Tensor& x, int rank) {
  std::vector<std::int64_t> dims = x.shape().dims();
  if (rank > x.shape().rank())
    dims.push_back(1);
  else
    dims.pop_back();
  return Tensor::adopt({const_cast<void*>(x.raw()), [keep = x](void*) {}}, Shape(std::move(dims)), x.dtype());
}

Tensor fit_rank(const Tensor& x, const Shape& wanted) {
  const int more = x.shape().rank() - wanted.rank();
  const bool fits = (more == 1 && x.shape()[-1] == 1) || (more == -1 && wanted[-1] == 1);
  return fits ? with_rank(x, wanted.rank()) : x;
}

void check_classes(const char* what, const Tensor& y, std::int64_t classes) {
  const auto n = static_cast<std::size_t>(y.shape().elements());
  visit_dtype(y.dtype(), [&](auto* type) {
    const auto* labels = static_cast<std::remove_pointer_t<decltype(type)> const*>(y.raw());
    for (std::size_t i = 0; i < n; ++i) {
      const double label = static_cast<double>(labels[i]);
      if (!(label >= 0 && label < static_cast<double>(classes)))
        raise("{}: sparse_categorical_crossentropy needs labels in [0, {}), received {} at position {}", what, classes,
              label, i);
    }
  });
}

}  // namespace

void check_has_loss(const Model& model, const char* what) {
  const auto& losses = model.compile_options().loss.values();
  if (std::ranges::none_of(losses, &Loss::defined))
    raise("{}: model '{}' was compiled without a loss", what, model.name());
}

void fit_inputs(Model& model, const char* what, Samples& samples) {
  if (!model.built()) model.build(symbolic(samples.x.at(0).shape()));
  const std::vector<Shape> shapes = model.input_shapes();
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    Tensor& x = samples.x.at(i);
    x = fit_rank(x, shapes[i]);
    if (shapes[i] == symbolic(x.shape())) continue;
    if (shapes.size() == 1)
      raise("{}: model '{}' takes input of shape {}, x has shape {}", what, model.name(), shapes[i].to_string(),
            x.shape().to_string());
    raise("{}: model '{}' takes input '{}' of shape {}, x has shape {}", what, model.name(), model.input_names()[i],
          shapes[i].to_string(), x.shape().to_string());
  }
}

void check_labels(const Model& model, const char* what, const Samples& samples) {
  const std::vector<Objective> wanted = objectives(model);
  const std::vector<Shape> outputs = model.output_shapes();
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (wanted[i].loss.name() == "sparse_categorical_crossentropy" && outputs.at(i).rank() > 1)
      check_classes(what, samples.y.at(i), outputs[i][-1]);
}

void check_batch_size(const char* what, std::int64_t batch_size) {
  if (batch_size <= 0) raise("{}: batch_size must be positive, received {}", what, batch_size);
}

void check_options(const FitOptions& options) {
  if (options.epochs < 0) raise("fit: epochs must not be negative, received {}", options.epochs);
  if (options.initial_epoch < 0) raise("fit: initial_epoch must not be negative, received {}", options.initial_epoch);
  if (options.batch_size_per_worker < 0)
    raise("fit: batch_size_per_worker must be positive, received {}", options.batch_size_per_worker);
  if (options.batch_size_per_worker == 0) check_batch_size("fit", options.batch_size);
  if (options.validation_batch_size < 0)
    raise("fit: validation_batch_size must be positive, received {}", options.validation_batch_size);
  if (!(options.validation_split >= 0 && options.validation_split < 1))
    raise("fit: validation_split must be in [0, 1), received {}", options.validation_split);
  if (options.validation_split > 0 && options.validation_data)
    raise("fit: give validation_split or validation_data, not both");
  if (options.verbose < -1 || options.verbose > 2)
    raise("fit: verbose must be -1, 0, 1 or 2, received {}", options.verbose);
  if (options.checkpoint.every_batches < 0 || options.checkpoint.every_seconds < 0 || options.checkpoint.keep < 1)
    raise(
        "fit: checkpoint needs every_batches and every_seconds of at least 0 and keep of at least 1, received {}, {} "
        "and {}",
        options.checkpoint.every_batches, options.checkpoint.every_seconds, options.checkpoint.keep);
  if (options.resume && options.checkpoint.directory.empty())
    raise("fit: resume needs checkpoint.directory, received an empty one");
  for (const CallbackPtr& callback : options.callbacks)
    if (!callback) raise("fit: a callback is null");
}

}  // namespace shoal::train
