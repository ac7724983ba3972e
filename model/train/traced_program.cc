#include <array>

#include "common/base/error.h"
#include "model/autograd/gradients.h"
#include "model/graph/trace.h"
#include "model/train/run_context.h"
#include "model/train/step_outputs.h"
#include "model/train/step_program.h"

namespace shoal::train {
namespace {

double scalar(const void* value, DType dtype) {
  return dtype == DType::kFloat64 ? *static_cast<const double*>(value) : *static_cast<const float*>(value);
}

class TracedProgram : public StepProgram {
 public:
  TracedProgram(Model& model, const Signature& signature) : kind_(signature.kind) {
    const bool training = kind_ == StepKind::kTrain;
    graph::Trace trace(training);
    const Tensor x = trace.input("x", signature.x, signature.x_dtype);
    inputs_.resize(1);
    const Tensor y_pred = model.call(x, training);
    if (kind_ == StepKind::kPredict) {
      outputs_ = {y_pred};
    } else {
      const Tensor y = trace.input("y", signature.y, signature.y_dtype);
      inputs_.resize(2);
      const StepOutputs step = make_outputs(model.compile_options(), y, y_pred);
      outputs_ = step.metrics;
      outputs_.insert(outputs_.begin(), step.loss);
      scales_ = step.scales;
      if (training) add_gradients(trace, model, step.loss);
    }
    for (const Tensor& output : outputs_) dtypes_.push_back(output.dtype());
    const bool distributed = run_context().workers() > 1;
    const auto order = distributed ? plan::Options::Order::kLayerFirst : plan::Options::Order::kDepthFirst;
    plan_ = plan::Plan::compile(trace, outputs_, {.threads = run_context().threads(), .order = order});
    outputs_.clear();
  }

  double run(const StepInput& input, std::span<double> sums, plan::Observer* observer) override {
    inputs_[0] = input.x;
    if (inputs_.size() > 1) inputs_[1] = input.y;
    const double global_rows = static_cast<double>(input.global_rows);
    const double rows = static_cast<double>(input.rows);
    plan_->run(inputs_, {input.rows, input.step, input.first_row, 1 / global_rows}, observer);
    if (kind_ == StepKind::kPredict) return 0;
    const double loss_sum = output(0) * global_rows;
    sums[0] += loss_sum;
    sums[1] += rows;
    for (std::size_t i = 0; i < scales_.size(); ++i) {
      sums[2 * i + 2] += output(i + 1) * (scales_[i].mean ? global_rows : 1);
      sums[2 * i + 3] += rows * scales_[i].count_per_row;
    }
    return input.rows == 0 ? 0 : loss_sum / rows;
  }

  const void* prediction() const override { return plan_->output(0); }
  Shape prediction_shape() const override { return plan_->output_shape(0); }
  DType prediction_dtype() const override { return dtypes_[0]; }

 private:
  static void add_gradients(graph::Trace& trace, Model& model, const Tensor& loss) {
    std::vector<Variable> variables;
    for (const auto& entry : model.parameter_space().entries()) variables.push_back(entry.variable);
    const std::vector<Tensor> gradient = gradients(loss, variables);
    for (std::size_t i = variables.size(); i-- > 0;) trace.add_gradient(variables[i], gradient[i]);
  }

  double output(std::size_t index) const { return scalar(plan_->output(index), dtypes_[index]); }

  StepKind kind_;
  std::vector<Tensor> outputs_;
  std::vector<DType> dtypes_;
  std::vector<StepOutputs::Scale> scales_;
  std::vector<const void*> inputs_;
  std::unique_ptr<plan::Plan> plan_;
};

}  // namespace

std::unique_ptr<StepProgram> make_traced_program(Model& model, const Signature& signature) {
  return std::make_unique<TracedProgram>(model, signature);
}

}  // namespace shoal::train
