#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "model/graph/trace.h"
#include "model/plan/profile.h"
#include "model/plan/workspace.h"
#include "model/tensor/row_gradient.h"

namespace shoal::plan {

// What differs from step to step.
struct StepScalars {
  std::int64_t rows = 0;       // rows of this process's part of the batch; 0 is legal
  std::int64_t step = 0;       // counts training steps from 0; keys random draws
  std::int64_t first_row = 0;  // of this part in the global batch; keys random draws
  double inverse_rows = 0;     // 1 / rows of the global batch
};

// Told by the executor what the plan is about to do; `variable` is a position in the ParameterSpace. The two
// `before_` calls may come from any thread of the pool, once a step for each variable; the others from the thread that
// called `run`. Implemented by model/train on top of ParameterUpdater.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void before_forward(int variable) = 0;
  virtual void before_gradient_write(int variable) = 0;
  virtual void gradient_ready(int variable) = 0;
  // True: where a plan can, it hands over the parts of this gradient while they are in cache, each once, from any
  // thread of the pool, instead of announcing that it is ready. They have so many elements, the last one fewer. Such a
  // gradient need not be in the gradient arena.
  virtual bool takes_parts(int /*variable*/, std::int64_t /*part_elements*/) { return false; }
  virtual void gradient_part(int /*variable*/, std::int64_t /*begin*/, std::int64_t /*count*/, const void* /*values*/) {
  }
  // Where the part that begins there would best be computed; null: anywhere. Asked by the thread that will compute it.
  virtual void* part_place(int /*variable*/, std::int64_t /*begin*/) { return nullptr; }
  // True: where a plan reads some rows of this table only, it says which in place of before_forward, and hands over the
  // gradient by rows in place of the other calls. Both come from the thread that called `run`.
  virtual bool takes_rows(int /*variable*/) { return false; }
  virtual void before_rows(int /*variable*/, std::span<const std::int64_t> /*rows*/) {}
  virtual void gradient_rows(int /*variable*/, const RowGradient& /*gradient*/) {}
};

struct Options {
  int threads = 1;
  // Layer first ends a backward segment wherever a gradient is complete, so that it can leave while earlier layers
  // are still computed; depth first carries a block of rows through as many nodes as it can. Same bits.
  enum class Order { kDepthFirst, kLayerFirst } order = Order::kDepthFirst;
  std::shared_ptr<Workspace> workspace = {};  // of plans that never run at the same time; none: one of its own
  bool fuse = true;                           // off: one node, one kernel (for tests)
};

// A traced step, made ready to run again and again without allocating.
class Plan {
 public:
  // Runs all roots of the trace and gives `outputs`.
  static std::unique_ptr<Plan> compile(const graph::Trace& trace, const std::vector<Tensor>& outputs,
                                       const Options& options);
  virtual ~Plan() = default;

  // `inputs`: row-major values in the order of trace.inputs(). `observer` may be null: then gradients are only
  // written to their place in the arena. Rows may differ from call to call; more rows than ever before may allocate,
  // fewer never do.
  virtual void run(const std::vector<const void*>& inputs, const StepScalars& scalars, Observer* observer) = 0;
  virtual const void* output(std::size_t index) const = 0;  // valid until the workspace is used again
  virtual Shape output_shape(std::size_t index) const = 0;  // with the rows of the last run

  virtual std::size_t arena_bytes() const = 0;      // after a run: what this plan uses of the workspace
  virtual std::size_t live_bytes() const = 0;       // the most bytes alive at once in that schedule
  virtual std::vector<NodeInfo> nodes() const = 0;  // what a profile's events point at
  virtual int tasks() const = 0;                    // that may run at the same time
  virtual void set_profile(Profile* profile) = 0;   // null: none; must outlive the runs
  virtual std::string describe() const = 0;         // one line per node: segment, name, shape, cost
};

// Node by node, with the portable order of evaluation of `run_eagerly`.
void evaluate(const Tensor& tensor);
void evaluate(const std::vector<Tensor>& tensors);  // what they share is computed once

// Makes reading a promised tensor compute it. Called once by whoever links the engine; calling again is harmless.
void install_evaluator();

}  // namespace shoal::plan
