#include "model/train/checks.h"

#include "common/base/error.h"

namespace shoal::train {
namespace {

void check_rows(const char* what, const char* which, const Tensor& data) {
  if (!data.defined()) raise("{}: {} is an undefined tensor", what, which);
  if (data.shape().rank() == 0) raise("{}: {} needs an axis of samples in front, received a scalar", what, which);
  if (data.rows() == 0) raise("{}: {} holds no samples, received shape {}", what, which, data.shape().to_string());
}

Shape symbolic(const Shape& shape) {
  std::vector<std::int64_t> dims = shape.dims();
  dims[0] = kRows;
  return Shape(std::move(dims));
}

}  // namespace

void check_data(const char* what, const Tensor& x, const Tensor& y) {
  check_rows(what, "x", x);
  check_rows(what, "y", y);
  if (x.rows() != y.rows())
    raise("{}: data cardinality is ambiguous, x and y must hold equally many samples: received {} and {}", what,
          x.rows(), y.rows());
}

void check_input(Model& model, const char* what, const Tensor& x) {
  check_rows(what, "x", x);
  const Shape shape = symbolic(x.shape());
  if (!model.built()) model.build(shape);
  if (model.input_shape() != shape)
    raise("{}: model '{}' takes input of shape {}, x has shape {}", what, model.name(), model.input_shape().to_string(),
          x.shape().to_string());
}

void check_labels(Model& model, const char* what, const Tensor& y, const Shape& output) {
  if (model.compile_options().loss.name() != "sparse_categorical_crossentropy" || output.rank() < 2) return;
  const std::int64_t classes = output[-1];
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
