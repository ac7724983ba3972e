#include <array>

#include "common/base/error.h"
#include "model/autograd/gradients.h"
#include "model/graph/trace.h"
#include "model/train/mask_counts.h"
#include "model/train/run_context.h"
#include "model/train/state.h"
#include "model/train/step_outputs.h"
#include "model/train/step_program.h"

namespace shoal::train {
namespace {

double scalar(const void* value, DType dtype) {
  return dtype == DType::kFloat64 ? *static_cast<const double*>(value) : *static_cast<const float*>(value);
}

class TracedProgram : public StepProgram {
 public:
  TracedProgram(Model& model, const Signature& signature)
      : kind_(signature.kind), mask_counts_(MaskCounts::make(model, signature)) {
    const bool training = kind_ == StepKind::kTrain;
    graph::Trace trace(training);
    std::vector<Tensor> x, y, weights;
    for (std::size_t i = 0; i < signature.x.size(); ++i) x.push_back(input(trace, "x", i, signature.x[i]));
    const layers::CallLosses calls;
    const std::vector<Tensor> y_pred = model.call(x, training);
    if (kind_ == StepKind::kPredict) {
      outputs_ = y_pred;
    } else {
      for (std::size_t i = 0; i < signature.y.size(); ++i) y.push_back(input(trace, "y", i, signature.y[i]));
      for (std::size_t i = 0; i < signature.weights.size(); ++i)
        weights.push_back(input(trace, "sample_weight", i, signature.weights[i]));
      std::vector<Tensor> kept(y_pred.size());
      for (std::size_t i = 0; mask_counts_ && i < y_pred.size(); ++i)
        if (graph::mask_of(y_pred[i]).defined()) {
          kept[i] = trace.input(fmt::format("kept_{}", i), {}, y_pred[i].dtype());
          kept_.push_back(i);
          inputs_.push_back(nullptr);
        }
      const StepOutputs step = make_outputs(objectives(model), y, y_pred, AddedLosses(model, calls), weights, kept);
      outputs_ = step.metrics;
      outputs_.insert(outputs_.begin(), step.loss);
      scales_ = step.scales;
      if (training) add_gradients(trace, model, step.loss);
    }
    for (const Tensor& output : outputs_) dtypes_.push_back(output.dtype());
    const bool distributed = run_context().workers() > 1;
    const auto order = distributed ? plan::Options::Order::kLayerFirst : plan::Options::Order::kDepthFirst;
    plan_ = plan::Plan::compile(
        trace, outputs_, {.threads = run_context().threads(), .order = order, .workspace = model.state().workspace});
    outputs_.clear();
  }

  double run(const StepInput& input, std::span<double> sums, plan::Observer* observer) override {
    std::size_t next = 0;
    for (const auto part : {input.x, input.y, input.weights})
      for (const void* values : part)
        if (values != nullptr) inputs_[next++] = values;
    if (mask_counts_) {
      const auto counts = mask_counts_->count(input.whole_x, input.global_rows);
      for (const std::size_t output : kept_) inputs_[next++] = counts[output];
    }
    const double global_rows = static_cast<double>(input.global_rows);
    const double rows = static_cast<double>(input.rows);
    plan_->run(inputs_, {input.rows, input.step, input.first_row, 1 / global_rows}, observer);
    if (kind_ == StepKind::kPredict) return 0;
    const double loss_sum = output(0) * global_rows;
    sums[0] += loss_sum;
    sums[1] += rows;
    double* at = sums.data() + 2;
    for (std::size_t i = 0; i < scales_.size(); ++i)
      at = add_to_sums(scales_[i], plan_->output(i + 1), dtypes_[i + 1], rows, global_rows, at);
    return input.rows == 0 ? 0 : loss_sum / rows;
  }

  std::vector<bool> whole_inputs() const override {
    return mask_counts_ ? mask_counts_->inputs() : std::vector<bool>();
  }

  plan::Plan* plan() override { return plan_.get(); }

  std::size_t predictions() const override { return dtypes_.size(); }
  const void* prediction(std::size_t output) const override { return plan_->output(output); }
  Shape prediction_shape(std::size_t output) const override { return plan_->output_shape(output); }
  DType prediction_dtype(std::size_t output) const override { return dtypes_[output]; }

 private:
  Tensor input(graph::Trace& trace, const char* what, std::size_t number, const Signature::Part& part) {
    if (!part.given) return {};
    inputs_.push_back(nullptr);
    const std::string name = number == 0 ? what : fmt::format("{}_{}", what, number);
    return trace.input(name, part.shape, part.dtype);
  }

  static void add_gradients(graph::Trace& trace, Model& model, const Tensor& loss) {
    std::vector<Variable> variables;
    for (const auto& entry : model.parameter_space().entries()) variables.push_back(entry.variable);
    const std::vector<Tensor> gradient = gradients(loss, variables);
    for (std::size_t i = variables.size(); i-- > 0;) trace.add_gradient(variables[i], gradient[i]);
  }

  double output(std::size_t index) const { return scalar(plan_->output(index), dtypes_[index]); }

  StepKind kind_;
  std::unique_ptr<MaskCounts> mask_counts_;  // null: nothing to count
  std::vector<std::size_t> kept_;            // outputs whose counts are inputs, behind x and y
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
