// Counts every allocation of every thread within the steps of a fit. Sanitizers bring their own allocator: then there
// is no test.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <gtest/gtest.h>

#include "model/functional/input.h"
#include "model/plan/thread_pool.h"
#include "tests/model/train/support.h"
#include "tests/support/allocations.h"

namespace shoal {
namespace {

using testing::begin_program;

// Counts from the start of a batch to its end, the first few excepted.
class Counter : public Callback {
 public:
  void on_train_batch_begin(int batch) override {
    if (batch > 1) testing::start_counting();
  }
  void on_train_batch_end(int batch, const Logs&) override {
    if (batch > 1) counted += testing::stop_counting();
  }
  long counted = 0;
};

Tensor ids(std::int64_t rows, std::int64_t steps, std::int64_t below) {
  Tensor result(Shape{rows, steps}, DType::kInt32);
  for (std::int64_t i = 0; i < rows * steps; ++i)
    result.mutable_data<std::int32_t>()[i] = static_cast<std::int32_t>((i * i + 3 * i) % below);
  return result;
}

Tensor reals(const Shape& shape) {
  Tensor result(shape, DType::kFloat32);
  for (std::int64_t i = 0; i < shape.elements(); ++i)
    result.mutable_data<float>()[i] = static_cast<float>(i * 37 % 101) / 101;
  return result;
}

// Words with padding read in both directions, beside plain features; two outputs, one constraint.
Model make_model(const std::string& optimizer) {
  const KerasTensor words = Input({6}, {.name = "words"}), features = Input({3}, {.name = "features"});
  const KerasTensor x = layers::Embedding(300, 8, {.mask_zero = true})(words);
  const KerasTensor both = layers::Bidirectional(layers::LSTM(5, {.dropout = 0.2, .recurrent_dropout = 0.2}))(x);
  const KerasTensor last = layers::GRU(4, {.kernel_regularizer = "l2"})(x);
  const KerasTensor dense = layers::Dense(4, {.activation = "relu", .kernel_constraint = "unit_norm"})(features);
  const KerasTensor all = layers::Concatenate()({both, last, dense});
  Model model({words, features}, {layers::Dense(3, {.activation = "softmax", .name = "kind"})(all),
                                  layers::Dense(1, {.name = "size"})(all)});
  model.compile({.optimizer = Optimizer(optimizer),
                 .loss = {{"kind", "sparse_categorical_crossentropy"}, {"size", "mse"}},
                 .metrics = {{"kind", "accuracy"}, {"size", "mae"}}});
  return model;
}

TEST(Allocation, TheStepsOfAFitAllocateNothing) {
  testing::start_counting();
  testing::allocate_a_little();
  EXPECT_EQ(testing::stop_counting(), 4);
  for (const char* optimizer : {"adam", "sgd"}) {
    begin_program(2);
    Model model = make_model(optimizer);
    const std::int64_t rows = 65;  // the last batch is a short one
    const auto counter = std::make_shared<Counter>();
    model.fit({{"words", ids(rows, 6, 300)}, {"features", reals({rows, 3})}},
              {{"kind", ids(rows, 1, 3)}, {"size", reals({rows, 1})}},
              {.epochs = 2, .batch_size = 8, .verbose = 0, .callbacks = {counter}});
    EXPECT_EQ(counter->counted, 0) << optimizer;
  }
}

}  // namespace
}  // namespace shoal

#endif
