#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "model/plan/plan.h"
#include "model/tensor/tensor.h"

namespace shoal {
class Model;
}

namespace shoal::train {

enum class StepKind { kTrain, kTest, kPredict };

// What a program is made for: one trace serves every batch with these shapes. Rows are symbolic.
struct Signature {
  StepKind kind = StepKind::kTrain;
  Shape x, y;  // y has rank 0 for kPredict
  DType x_dtype = DType::kFloat32, y_dtype = DType::kFloat32;
};

// This process's part of a batch.
struct StepInput {
  const void* x = nullptr;
  const void* y = nullptr;
  std::int64_t rows = 0;         // 0 is legal
  std::int64_t first_row = 0;    // in the global batch
  std::int64_t global_rows = 0;  // of all workers
  std::int64_t step = 0;
};

// One step of training, evaluation or prediction: forward pass, loss, metrics, gradients. When the model ends in a
// softmax and the loss is a cross-entropy of probabilities, the loss is taken of the values before the softmax.
class StepProgram {
 public:
  virtual ~StepProgram() = default;

  // Adds to `sums` [sum, count] of the loss and of each metric in the order of compile, over this part's rows. The
  // observer may be null unless the kind is kTrain. Returns this part's mean loss (0 without rows).
  virtual double run(const StepInput& input, std::span<double> sums, plan::Observer* observer) = 0;

  // kPredict: values of the last run, valid until the next, and their shape.
  virtual const void* prediction() const = 0;
  virtual Shape prediction_shape() const = 0;
  virtual DType prediction_dtype() const = 0;
};

// Traced once and planned; replayed for every batch.
std::unique_ptr<StepProgram> make_traced_program(Model& model, const Signature& signature);
// Node by node at every batch: `call` may look at values.
std::unique_ptr<StepProgram> make_eager_program(Model& model, const Signature& signature);

}  // namespace shoal::train
