#include <cstring>

#include "model/autograd/gradients.h"
#include "model/graph/trace.h"
#include "model/train/step_outputs.h"
#include "model/train/step_program.h"

namespace shoal::train {
namespace {

Tensor copy_of(const void* values, const Shape& shape, DType dtype) {
  Tensor result(shape, dtype);
  if (result.bytes() > 0) std::memcpy(result.mutable_raw(), values, result.bytes());
  return result;
}

std::vector<Tensor> copies_of(std::span<const void* const> values, const std::vector<Signature::Part>& parts,
                              std::int64_t rows) {
  std::vector<Tensor> result;
  for (std::size_t i = 0; i < parts.size(); ++i)
    result.push_back(parts[i].given ? copy_of(values[i], parts[i].shape.with_rows(rows), parts[i].dtype) : Tensor());
  return result;
}

class EagerProgram : public StepProgram {
 public:
  EagerProgram(Model& model, const Signature& signature) : model_(model), signature_(signature) {}

  double run(const StepInput& input, std::span<double> sums, plan::Observer* observer) override {
    const graph::EagerStep step(input.step, input.first_row);
    const bool training = signature_.kind == StepKind::kTrain;
    const int variables = training ? static_cast<int>(model_.parameter_space().entries().size()) : 0;
    if (observer != nullptr)
      for (int i = 0; i < variables; ++i) observer->before_forward(i);
    if (input.rows == 0 && signature_.kind != StepKind::kPredict) {
      write_gradients({}, 0, observer);
      return 0;
    }
    const layers::CallLosses calls;
    const std::vector<Tensor> y_pred = model_.call(copies_of(input.x, signature_.x, input.rows), training);
    if (signature_.kind == StepKind::kPredict) {
      predictions_ = y_pred;
      for (const Tensor& prediction : predictions_) prediction.raw();
      return 0;
    }
    const StepOutputs outputs =
        make_outputs(objectives(model_), copies_of(input.y, signature_.y, input.rows), y_pred,
                     AddedLosses(model_, calls), copies_of(input.weights, signature_.weights, input.rows));
    const double loss = outputs.loss.item();
    const double rows = static_cast<double>(input.rows);
    sums[0] += loss * rows;
    sums[1] += rows;
    double* at = sums.data() + 2;
    for (std::size_t i = 0; i < outputs.metrics.size(); ++i)
      at = add_to_sums(outputs.scales[i], outputs.metrics[i].raw(), outputs.metrics[i].dtype(), rows, rows, at);
    if (training) {
      std::vector<Variable> sources;
      for (const auto& entry : model_.parameter_space().entries()) sources.push_back(entry.variable);
      // Here the mean is over this part's rows; the other workers' parts make up the rest of the batch.
      const std::vector<Tensor> values = gradients(outputs.loss, sources);
      plan::evaluate(values);
      write_gradients(values, rows / static_cast<double>(input.global_rows), observer);
    }
    return loss;
  }

  std::size_t predictions() const override { return predictions_.size(); }
  const void* prediction(std::size_t output) const override { return predictions_.at(output).raw(); }
  Shape prediction_shape(std::size_t output) const override { return predictions_.at(output).shape(); }
  DType prediction_dtype(std::size_t output) const override { return predictions_.at(output).dtype(); }

 private:
  // An empty list stands for zeros.
  void write_gradients(const std::vector<Tensor>& values, double scale, plan::Observer* observer) {
    if (signature_.kind != StepKind::kTrain) return;
    const auto& entries = model_.parameter_space().entries();
    for (std::size_t i = entries.size(); i-- > 0;) {
      const Variable& variable = entries[i].variable;
      if (observer != nullptr) observer->before_gradient_write(static_cast<int>(i));
      if (values.empty())
        std::memset(variable.gradient(), 0, variable.bytes());
      else
        write(values[i], scale, variable);
      if (observer != nullptr) observer->gradient_ready(static_cast<int>(i));
    }
  }

  static void write(const Tensor& value, double scale, const Variable& variable) {
    if (scale == 1) {
      std::memcpy(variable.gradient(), value.raw(), variable.bytes());
      return;
    }
    visit_dtype(variable.dtype(), [&](auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      const T* in = static_cast<const T*>(value.raw());
      for (std::size_t i = 0; i < variable.size(); ++i)
        static_cast<T*>(variable.gradient())[i] = static_cast<T>(static_cast<double>(in[i]) * scale);
    });
  }

  Model& model_;
  Signature signature_;
  std::vector<Tensor> predictions_;
};

}  // namespace

std::unique_ptr<StepProgram> make_eager_program(Model& model, const Signature& signature) {
  return std::make_unique<EagerProgram>(model, signature);
}

}  // namespace shoal::train
