#include "model/train/mask_counts.h"

#include <cstring>
#include <set>

#include "common/base/error.h"
#include "model/graph/operation.h"
#include "model/graph/trace.h"
#include "model/layers/call_losses.h"
#include "model/ops/ops.h"
#include "model/plan/plan.h"
#include "model/train/run_context.h"
#include "model/train/state.h"

namespace shoal::train {
namespace {

// The inputs that a node follows from, by id. Throws when there is more behind it than data.
void collect_inputs(const graph::NodePtr& node, const std::string& output, std::set<std::uint64_t>& seen,
                    std::set<std::uint64_t>& inputs) {
  if (!seen.insert(node->id).second) return;
  if (node->operation->is("input")) inputs.insert(node->id);
  for (const char* name : {"variable", "random_uniform", "random_normal"})
    if (node->operation->is(name))
      raise(
          "output '{}': its mask follows from weights or random draws, and how many values it keeps in a batch of "
          "several workers is not known to any of them; train this model with one worker",
          output);
  for (const graph::NodePtr& input : node->inputs) collect_inputs(input, output, seen, inputs);
}

class Counts : public MaskCounts {
 public:
  Counts(Model& model, const graph::Trace& trace, const std::vector<Tensor>& sums, std::vector<bool> inputs)
      : inputs_(std::move(inputs)), values_(sums.size()), pointers_(sums.size()) {
    std::vector<Tensor> outputs;
    for (std::size_t i = 0; i < sums.size(); ++i)
      if (sums[i].defined()) {
        places_.push_back(i);
        bytes_.push_back(size_of(sums[i].dtype()));
        outputs.push_back(sums[i]);
        pointers_[i] = &values_[i];
      }
    plan_ =
        plan::Plan::compile(trace, outputs, {.threads = run_context().threads(), .workspace = model.state().workspace});
    fed_.resize(trace.inputs().size());
  }

  const std::vector<bool>& inputs() const override { return inputs_; }

  std::span<const void* const> count(std::span<const void* const> x, std::int64_t rows) override {
    fed_.assign(x.begin(), x.end());
    plan_->run(fed_, {.rows = rows, .inverse_rows = 1 / static_cast<double>(rows)}, nullptr);
    for (std::size_t i = 0; i < places_.size(); ++i)  // the workspace is used again
      std::memcpy(&values_[places_[i]], plan_->output(i), bytes_[i]);
    return pointers_;
  }

 private:
  std::vector<bool> inputs_;
  std::vector<double> values_;  // by output: room for its scalar
  std::vector<const void*> pointers_, fed_;
  std::vector<std::size_t> places_, bytes_;  // of the plan's outputs
  std::unique_ptr<plan::Plan> plan_;
};

// The model's predictions; what its layers assign on the way is forgotten.
std::vector<Tensor> predictions(Model& model, const std::vector<Tensor>& x, bool training) {
  const graph::Trace calling(training);
  const layers::CallLosses calls;
  return model.call(x, training);
}

}  // namespace

std::unique_ptr<MaskCounts> MaskCounts::make(Model& model, const Signature& signature) {
  if (run_context().workers() == 1 || signature.kind == StepKind::kPredict) return nullptr;
  graph::Trace trace(signature.kind == StepKind::kTrain);
  std::vector<Tensor> x, sums;
  for (const Signature::Part& part : signature.x) x.push_back(trace.input("x", part.shape, part.dtype));
  const std::vector<Tensor> y_pred = predictions(model, x, trace.training());
  const std::vector<Objective> wanted = objectives(model);
  std::set<std::uint64_t> seen, found;
  for (std::size_t i = 0; i < wanted.size() && i < y_pred.size(); ++i) {
    const Tensor mask = wanted[i].loss.defined() ? graph::mask_of(y_pred[i]) : Tensor();
    sums.emplace_back();
    if (!mask.defined()) continue;
    collect_inputs(graph::node_of(mask), wanted[i].output, seen, found);
    sums.back() = ops::maximum(ops::sum(ops::cast(mask, y_pred[i].dtype())), 1);
  }
  if (seen.empty()) return nullptr;
  std::vector<bool> inputs;
  for (const Tensor& input : x) inputs.push_back(found.contains(graph::node_of(input)->id));
  return std::make_unique<Counts>(model, trace, sums, std::move(inputs));
}

}  // namespace shoal::train
