#include "model/saving/weights_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "model/layers/naming.h"
#include "model/saving/weight_layout.h"
#include "tests/common/io/scratch.h"
#include "tests/model/saving/support.h"

namespace shoal::saving {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace shoal::testing;

TEST(WeightLayout, ClassNamesAsKerasSpellsThem) {
  // From keras.src.utils.naming.to_snake_case.
  for (const auto& [name, wanted] :
       std::vector<std::pair<std::string, std::string>>{{"Dense", "dense"},
                                                        {"Conv2D", "conv2d"},
                                                        {"MaxPooling2D", "max_pooling2d"},
                                                        {"ReLU", "re_lu"},
                                                        {"PReLU", "p_re_lu"},
                                                        {"ELU", "elu"},
                                                        {"LSTM", "lstm"},
                                                        {"SimpleRNN", "simple_rnn"},
                                                        {"Conv2DTranspose", "conv2d_transpose"},
                                                        {"STFTSpectrogram", "stft_spectrogram"},
                                                        {"MyOwnLayer", "my_own_layer"}})
    EXPECT_EQ(layers::snake_case(name), wanted);
}

TEST(WeightLayout, CountsClassesAndIgnoresNames) {
  const auto model = small_model();
  std::vector<std::string> paths;
  std::vector<std::size_t> counts;
  for (const LayerPlace& place : weight_layout(*model)) {
    paths.push_back(place.path);
    counts.push_back(place.variables.size());
  }
  EXPECT_THAT(paths, ElementsAre("vars", "layers/dense/vars", "layers/dropout/vars", "layers/dense_1/vars",
                                 "layers/dense_2/vars"));
  EXPECT_THAT(counts, ElementsAre(0, 2, 0, 1, 2));
}

TEST(WeightsFile, LayoutOfTheFile) {
  const Scratch scratch;
  const auto model = small_model();
  compile(*model, optimizers::Adam({.amsgrad = true}));
  train_a_little(*model);
  const std::string path = scratch / "m.weights.h5";
  model->save_weights(path);
  EXPECT_EQ(scratch.entries(), 1u);
  const hdf5::Group root = hdf5::File::open(path).root();
  EXPECT_THAT(root.names(), ElementsAre("layers", "optimizer", "vars"));
  EXPECT_EQ(root.group("layers/dense/vars").attribute("name"), std::vector<std::string>{"first"});
  EXPECT_EQ(root.group("layers/dropout/vars").names().size(), 0u);
  EXPECT_THAT(root.dataset("layers/dense_2/vars/0").dims(), ElementsAre(2, 3));
  std::int64_t iterations = 0;
  root.dataset("optimizer/vars/0").read(hdf5::Type::kInt64, 0, 1, &iterations);
  EXPECT_EQ(iterations, 3);
  EXPECT_TRUE(root.dataset("optimizer/vars/1").dims().empty());
  // m and v of each variable side by side, then the third slot of all.
  const auto slots = slots_of(*model, 3);
  const int order[] = {0, 1, 3, 4, 6, 7, 9, 10, 12, 13, 2, 5, 8, 11, 14};
  ASSERT_EQ(root.group("optimizer/vars").names().size(), 17u);
  for (int i = 0; i < 15; ++i) {
    const hdf5::Dataset stored = root.dataset("optimizer/vars/" + std::to_string(i + 2));
    std::vector<double> values(stored.elements());
    stored.read(hdf5::Type::kFloat64, 0, values.size(), values.data());
    EXPECT_EQ(values, slots[static_cast<std::size_t>(order[i])]) << i;
  }
}

TEST(WeightsFile, WeightsAndOptimizerComeBack) {
  for (const DType dtype : {DType::kFloat32, DType::kFloat64})
    for (const auto& [optimizer, slots] : std::vector<std::pair<Optimizer, int>>{
             {optimizers::SGD(), 0}, {optimizers::SGD({.momentum = 0.5}), 1}, {optimizers::Adam(), 2}}) {
      const Scratch scratch;
      const auto model = small_model(dtype), other = small_model(dtype);
      compile(*model, optimizer);
      train_a_little(*model);
      model->optimizer().learning_rate = 0.25;
      model->save_weights(scratch / "m.weights.h5");
      compile(*other, optimizer);
      other->load_weights(scratch / "m.weights.h5");
      EXPECT_EQ(weights_of(*other), weights_of(*model));
      EXPECT_EQ(slots_of(*other, slots), slots_of(*model, slots));
      EXPECT_EQ(other->optimizer().iterations, 3);
      EXPECT_EQ(other->optimizer().learning_rate, 0.25);
      train_a_little(*model, 1);
      train_a_little(*other, 1);
      EXPECT_EQ(weights_of(*other), weights_of(*model));
    }
}

TEST(WeightsFile, AnotherOptimizerIsPassedOver) {
  const Scratch scratch;
  const auto model = small_model(), other = small_model();
  compile(*model);
  train_a_little(*model);
  model->save_weights(scratch / "m.weights.h5");
  compile(*other, optimizers::SGD({.momentum = 0.5}));
  ::testing::internal::CaptureStderr();
  other->load_weights(scratch / "m.weights.h5");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("optimizer's state is not loaded: SGD has 7 variables"));
  EXPECT_EQ(weights_of(*other), weights_of(*model));
  EXPECT_EQ(other->optimizer().iterations, 0);
}

template <class Call>
std::string value_error(Call&& call) {
  try {
    call();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "no ValueError";
}

TEST(WeightsFile, AnotherModelIsRefusedAndNothingChanges) {
  const Scratch scratch;
  const auto model = small_model(), other = small_model(DType::kFloat32, 4);
  Sequential fewer({layers::Dense(4, {.input_shape = {5}})});
  model->save_weights(scratch / "m.weights.h5");
  fewer.save_weights(scratch / "fewer.weights.h5");
  const auto before = weights_of(*other);
  EXPECT_THAT(
      value_error([&] { other->load_weights(scratch / "m.weights.h5"); }),
      ::testing::AllOf(HasSubstr("'kernel' must have shape (2, 4), received (2, 3)"), HasSubstr("m.weights.h5")));
  EXPECT_THAT(value_error([&] { other->load_weights(scratch / "fewer.weights.h5"); }),
              HasSubstr("has 1 variables, received 0 from"));
  EXPECT_EQ(weights_of(*other), before);
}

TEST(WeightsFile, NamesAndPlacesThatCannotBe) {
  const Scratch scratch;
  const auto model = small_model();
  EXPECT_THAT(value_error([&] { model->save_weights(scratch / "m.h5"); }), HasSubstr("must end in .weights.h5"));
  EXPECT_THAT(value_error([&] { Sequential().save_weights("m.weights.h5"); }), HasSubstr("must be built"));
  EXPECT_THROW(model->save_weights(scratch / "none/m.weights.h5"), IoError);
  EXPECT_THROW(model->load_weights(scratch / "none.weights.h5"), IoError);
  {
    const FullDevice full(2048);
    EXPECT_THROW(model->save_weights(scratch / "m.weights.h5"), IoError);
  }
  EXPECT_EQ(scratch.entries(), 0u);
}

}  // namespace
}  // namespace shoal::saving
