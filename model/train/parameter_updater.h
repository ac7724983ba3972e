#pragma once

#include <cstdint>
#include <memory>

#include "common/optim/rule.h"
#include "model/tensor/row_gradient.h"
#include "model/tensor/variable.h"

namespace shoal::train {

// The seam between training and whoever applies gradients: in this process (LocalUpdater) or on parameter servers
// (worker/remote_updater). `variable` is a position in the ParameterSpace. Only the `before_` calls, `part_place` and
// `all_current` wait.
class ParameterUpdater {
 public:
  virtual ~ParameterUpdater() = default;

  // A training step starts; every gradient announced until step_done belongs to it.
  virtual void begin_step(const optim::Step& step) = 0;
  // The variable is about to be read: returns when its values are those after the step before. Thread-safe.
  virtual void before_forward(int variable) = 0;
  // Its gradient is about to be written. Thread-safe.
  virtual void before_gradient_write(int variable) = 0;
  // Its gradient is complete in the gradient arena, and no later node of the step reads the variable.
  virtual void gradient_ready(int variable) = 0;
  // True: parts of the gradient may come by gradient_part instead, each once, from any thread, as soon as they are
  // complete and nobody reads the variable any more: so many elements each, a multiple of 16, the last one fewer. All
  // workers have the same parts. Asked after begin_step.
  virtual bool takes_parts(int /*variable*/, std::int64_t /*part_elements*/) { return false; }
  virtual void gradient_part(int /*variable*/, std::int64_t /*begin*/, std::int64_t /*count*/, const void* /*values*/) {
  }
  // Where the part that begins there would best be computed, until gradient_part; null: anywhere. May wait.
  virtual void* part_place(int /*variable*/, std::int64_t /*begin*/) { return nullptr; }
  // True: a step that reads only some rows of this table may say which (ascending, each once) by before_rows in place
  // of before_forward, and hand its gradient over by gradient_rows in place of before_gradient_write and
  // gradient_ready. False is always right: then the gradient comes whole.
  virtual bool takes_rows(int /*variable*/) { return false; }
  virtual void before_rows(int /*variable*/, std::span<const std::int64_t> /*rows*/) {}
  virtual void gradient_rows(int /*variable*/, const RowGradient& /*gradient*/) {}
  virtual void step_done() = 0;
  // Returns when every variable is current: before evaluation, callbacks that read weights, checkpoints.
  virtual void all_current() = 0;
  // The values in the weight arena, made current, belong to this process alone until publish_weights: before they are
  // written other than by training, and when training pauses. Not collective.
  virtual void release_weights() { all_current(); }

  // Optimizer state, one whole variable at a time (elements of the space's dtype); only after all_current. With
  // servers, called by the chief alone.
  virtual void read_slot(int variable, int slot, void* out) = 0;
  virtual void write_slot(int variable, int slot, const void* values) = 0;
  // The values in the weight arena become those everybody trains from (fit's start, set_weights, resume). Called by
  // every worker; the chief's count.
  virtual void publish_weights() = 0;
};

}  // namespace shoal::train
