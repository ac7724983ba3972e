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
    const Tensor x = copy_of(input.x, signature_.x.with_rows(input.rows), signature_.x_dtype);
    const Tensor y_pred = model_.call(x, training);
    if (signature_.kind == StepKind::kPredict) {
      prediction_ = y_pred;
      prediction_.raw();
      return 0;
    }
    const Tensor y = copy_of(input.y, signature_.y.with_rows(input.rows), signature_.y_dtype);
    const StepOutputs outputs = make_outputs(model_.compile_options(), y, y_pred);
    const double loss = outputs.loss.item();
    const double rows = static_cast<double>(input.rows);
    sums[0] += loss * rows;
    sums[1] += rows;
    for (std::size_t i = 0; i < outputs.metrics.size(); ++i) {
      sums[2 * i + 2] += outputs.metrics[i].item() * (outputs.scales[i].mean ? rows : 1);
      sums[2 * i + 3] += rows * outputs.scales[i].count_per_row;
    }
    if (training) {
      std::vector<Variable> sources;
      for (const auto& entry : model_.parameter_space().entries()) sources.push_back(entry.variable);
      // Here the mean is over this part's rows; the other workers' parts make up the rest of the batch.
      write_gradients(gradients(outputs.loss, sources), rows / static_cast<double>(input.global_rows), observer);
    }
    return loss;
  }

  const void* prediction() const override { return prediction_.raw(); }
  Shape prediction_shape() const override { return prediction_.shape(); }
  DType prediction_dtype() const override { return prediction_.dtype(); }

 private:
  // An empty list stands for zeros.
  void write_gradients(const std::vector<Tensor>& values, double scale, plan::Observer* observer) {
    if (signature_.kind != StepKind::kTrain) return;
    const auto& entries = model_.parameter_space().entries();
    for (const Tensor& value : values) value.raw();
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
  Tensor prediction_;
};

}  // namespace

std::unique_ptr<StepProgram> make_eager_program(Model& model, const Signature& signature) {
  return std::make_unique<EagerProgram>(model, signature);
}

}  // namespace shoal::train
