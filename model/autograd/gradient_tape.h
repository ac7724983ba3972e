#pragma once

#include <unordered_set>
#include <vector>

#include "model/autograd/gradients.h"

namespace shoal {

struct GradientTapeOptions {
  bool persistent = false;               // gradients may be asked for more than once
  bool watch_accessed_variables = true;  // trainable variables need no watch()
};

// TensorFlow's tape, for a loop of one's own:
//   GradientTape tape;
//   const Tensor loss = ops::mean(ops::square(model(x, true) - y));
//   model.apply_gradients(tape.gradient(loss, model.trainable_weights()));
// What was computed knows where it came from, so a tape adds only rules: what may be asked for, and how often.
class GradientTape {
 public:
  explicit GradientTape(const GradientTapeOptions& options = {}) : options_(options) {}
  GradientTape(const GradientTape&) = delete;
  GradientTape& operator=(const GradientTape&) = delete;

  void watch(const Tensor& tensor);
  void watch(const Variable& variable);

  // Of the sum of `target` by each source: more graph, so that gradients of gradients work. A source that the target
  // does not depend on gets zeros. Throws ValueError for a source that is not watched, and the second time when the
  // tape is not persistent.
  Tensor gradient(const Tensor& target, const Tensor& source);
  std::vector<Tensor> gradient(const Tensor& target, const std::vector<Tensor>& sources);
  Tensor gradient(const Tensor& target, const Variable& source);
  std::vector<Tensor> gradient(const Tensor& target, const std::vector<Variable>& sources);

  void reset();  // forgets what is watched, and that gradients were asked for

 private:
  void use();
  bool is_watched(const Tensor& tensor) const;

  GradientTapeOptions options_;
  bool used_ = false;
  std::vector<Tensor> tensors_;
  std::unordered_set<std::uint64_t> variables_;  // by id
};

}  // namespace shoal
