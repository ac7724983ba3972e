#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/plan/plan.h"
#include "model/tensor/tensor.h"

namespace shoal {
class Model;
}

namespace shoal::train {

enum class StepKind { kTrain, kTest, kPredict };

// What a program is made for: one trace serves every batch with these shapes. Rows are symbolic.
struct Signature {
  struct Part {
    Shape shape;  // with kRows
    DType dtype = DType::kFloat32;
    bool given = true;  // false: an output that has no target
  };
  StepKind kind = StepKind::kTrain;
  std::vector<Part> x, y;          // y is empty for kPredict
  std::vector<Part> weights = {};  // of each output's samples; empty: none at all
};

// This process's part of a batch.
struct StepInput {
  std::span<const void*const> x, y;  // in the order of the signature; what is not given is null
  std::int64_t rows = 0;             // 0 is legal
  std::int64_t first_row = 0;        // in the global batch
  std::int64_t global_rows = 0;      // of all workers
  std::int64_t step = 0;
  std::span<const void* const> weights = {};  // as x and y
  std::span<const void* const> whole_x = {};  // of the whole global batch, as whole_inputs says
};

// One step of training, evaluation or prediction: forward pass, loss, metrics, gradients. When an output ends in a
// softmax and the loss is a cross-entropy of probabilities, the loss is taken of the values before the softmax.
class StepProgram {
 public:
  virtual ~StepProgram() = default;

  // Adds to the `sums` of each of train::log_names what this part's rows add. The observer may be null unless the
  // kind is kTrain. Returns this part's mean loss (0 without rows).
  virtual double run(const StepInput& input, std::span<double> sums, plan::Observer* observer) = 0;

  // Which inputs it must know of the whole global batch; none when empty.
  virtual std::vector<bool> whole_inputs() const { return {}; }

  // The plan behind it; null when there is none (run_eagerly).
  virtual plan::Plan* plan() { return nullptr; }

  // kPredict: values of an output of the last run, valid until the next, and their shape.
  virtual std::size_t predictions() const = 0;
  virtual const void* prediction(std::size_t output) const = 0;
  virtual Shape prediction_shape(std::size_t output) const = 0;
  virtual DType prediction_dtype(std::size_t output) const = 0;
};

// Traced once and planned; replayed for every batch.
std::unique_ptr<StepProgram> make_traced_program(Model& model, const Signature& signature);
// Node by node at every batch: `call` may look at values.
std::unique_ptr<StepProgram> make_eager_program(Model& model, const Signature& signature);

}  // namespace shoal::train
