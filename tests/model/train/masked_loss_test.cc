#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/random.h"
#include "model/functional/input.h"
#include "model/graph/node.h"
#include "tests/model/train/forked_job.h"
#include "tests/model/train/support.h"

// A loss that leaves out what a mask leaves out, on several workers that see a part of the batch each.
namespace shoal {
namespace {

using nlohmann::json;
using testing::begin_program;
using testing::run_forked;
using testing::weights_of;

constexpr std::int64_t kSamples = 19, kSteps = 4, kWords = 7;

// Sentences of zero to four words: in some batches, and on some workers, everything is masked.
Tensor sentences() {
  random::Generator generator(3);
  std::vector<std::int32_t> words;
  for (std::int64_t i = 0; i < kSamples; ++i) {
    const auto length = i < 8 ? 0 : generator.below(kSteps + 1);
    for (std::uint64_t t = 0; t < kSteps; ++t)
      words.push_back(t < length ? 1 + static_cast<std::int32_t>(generator.below(kWords - 1)) : 0);
  }
  return Tensor(words, {kSamples, kSteps});
}

// Two outputs, of which one carries a mask, and two inputs, of which one makes it.
json train(bool eagerly) {
  begin_program(5);
  set_floatx(DType::kFloat64);
  const Tensor words = sentences();
  random::Generator generator(4);
  std::vector<double> numbers;
  for (std::int64_t i = 0; i < 3 * kSamples; ++i) numbers.push_back(generator.normal());
  const Tensor other(numbers, {kSamples, 3});
  const KerasTensor sentence = Input({kSteps}, {.name = "sentence", .dtype = DType::kInt32});
  const KerasTensor place = Input({3}, {.name = "place"});
  const KerasTensor h =
      layers::SimpleRNN(5, {.return_sequences = true})(layers::Embedding(kWords, 4, {.mask_zero = true})(sentence));
  const KerasTensor tag = layers::Dense(kWords, {.activation = "softmax", .name = "tag"})(h);
  const KerasTensor size = layers::Dense(3, {.kernel_regularizer = regularizers::L2(0.1), .name = "size"})(place);
  Model model({place, sentence}, {size, tag});
  model.compile({.optimizer = "sgd",
                 .loss = {{"size", "mse"}, {"tag", "sparse_categorical_crossentropy"}},
                 .loss_weights = {0.5, 1.5},
                 .run_eagerly = eagerly});
  const auto history =
      model.fit({other, words}, {other, words},
                {.epochs = 2, .batch_size = 5, .verbose = 0, .validation_data = {{{other, words}, {other, words}}}});
  const Logs evaluation = model.evaluate_all({other, words}, {other, words}, {.batch_size = 4, .verbose = 0});
  return {{"history", history.history}, {"weights", weights_of(model)}, {"evaluation", evaluation}};
}

TEST(MaskedLoss, AnyNumberOfWorkersDividesByWhatTheWholeBatchKeeps) {
  const auto on = [](int workers) {
    const std::string text = run_forked(workers, [&](int) { return train(false).dump(); }).back();
    EXPECT_FALSE(text.starts_with('!')) << text;
    return json::parse(text.starts_with('!') ? "{}" : text).flatten();
  };
  const json alone = on(1);
  for (const int workers : {2, 3, 6}) {
    const json together = on(workers);
    ASSERT_EQ(together.size(), alone.size());
    for (const auto& [key, value] : alone.items())
      EXPECT_NEAR(together[key].get<double>(), value.get<double>(), 1e-12) << key << " on " << workers;
  }
}

TEST(MaskedLoss, IsRefusedNodeByNodeOnSeveralWorkers) {
  for (const std::string& text : run_forked(2, [](int) { return train(true).dump(); }))
    EXPECT_THAT(text, ::testing::HasSubstr("run_eagerly"));
}

TEST(MaskedLoss, IsRefusedOnSeveralWorkersWhenItsMaskFollowsFromWeights) {
  class Masked : public LayerImpl {
   public:
    std::string class_name() const override { return "Masked"; }
    Tensor call(const Tensor& x, bool) override {
      const Tensor y = x * Tensor(1.0);
      graph::set_mask(y, ops::greater(ops::mean(y, {-1}), Tensor(0.0)));
      return y;
    }
  };
  const auto train = [](bool after_weights) {
    begin_program(1);
    const Tensor x(std::vector<float>(24, 1.0f), {4, 3, 2});
    Sequential model({layers::Input({3, 2})});
    if (after_weights) model.add(layers::Dense(2));
    model.add(make_layer<Masked>());
    model.add(layers::Dense(2));
    model.compile({.optimizer = "sgd", .loss = "mse"});
    model.fit(x, x, {.verbose = 0});
    return std::string("trained");
  };
  EXPECT_EQ(run_forked(1, [&](int) { return train(true); })[0], "trained");
  EXPECT_EQ(run_forked(2, [&](int) { return train(false); })[1], "trained");
  for (const std::string& text : run_forked(2, [&](int) { return train(true); }))
    EXPECT_THAT(text, ::testing::HasSubstr("one worker"));
}

}  // namespace
}  // namespace shoal
