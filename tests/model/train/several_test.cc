#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "model/functional/input.h"
#include "model/graph/node.h"
#include "tests/model/train/support.h"

// Training of models with several inputs and outputs.
namespace shoal {
namespace {

using ::testing::AllOf;
using testing::begin_program;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using testing::weights_of;

Tensor range(const Shape& shape, double scale = 0.1) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < shape.elements(); ++i) values.push_back(static_cast<float>(scale * (i * 7 % 19 - 9)));
  return Tensor(values, shape);
}

Tensor labels(std::int64_t rows, std::int64_t classes) {
  std::vector<std::int32_t> values;
  for (std::int64_t i = 0; i < rows; ++i) values.push_back(static_cast<std::int32_t>(i * 5 % classes));
  return Tensor(values, {rows});
}

// Two inputs meet; one output tells a class, the other a size.
Model two_by_two() {
  const KerasTensor a = Input({3}, {.name = "a"}), b = Input({1}, {.name = "b"});
  const KerasTensor both = layers::Dense(4, {.activation = "tanh"})(a) * layers::Dense(4, {.activation = "sigmoid"})(b);
  return Model({a, b}, {layers::Dense(3, {.activation = "softmax", .name = "kind"})(both),
                        layers::Dense(1, {.name = "size"})(both)});
}

std::string message_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "(nothing was thrown)";
}

class SeveralOutputs : public ::testing::Test {
 protected:
  SeveralOutputs() : model(two_by_two()) {}
  void compile() {
    model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1}),
                   .loss = {{"size", "mse"}, {"kind", "sparse_categorical_crossentropy"}},
                   .loss_weights = {{"size", 0.25}},
                   .metrics = {{"kind", "accuracy"}, {"size", {"mse", "mean_squared_error"}}}});
  }
  Tensor a = range({30, 3}), b = range({30}, 0.2), kind = labels(30, 3), size = range({30, 1}, 0.3);
  Model model;
};

TEST_F(SeveralOutputs, LogsKerassNames) {
  compile();
  const Logs logs = model.evaluate_all({a, b}, {kind, size}, {.verbose = 0});
  std::vector<std::string> names;
  for (const auto& [name, value] : logs) names.push_back(name);
  EXPECT_THAT(names,
              ElementsAre("kind_accuracy", "kind_loss", "loss", "size_loss", "size_mean_squared_error", "size_mse"));
  EXPECT_NEAR(logs.at("loss"), logs.at("kind_loss") + 0.25 * logs.at("size_loss"), 1e-6);
  EXPECT_NEAR(logs.at("size_loss"), logs.at("size_mse"), 1e-6);
  const auto [loss, metric] = model.evaluate({a, b}, {kind, size}, {.verbose = 0});
  EXPECT_EQ(loss, logs.at("loss"));
  EXPECT_EQ(metric, logs.at("kind_accuracy"));
}

TEST_F(SeveralOutputs, TrainByNameByOrderAndWithValidation) {
  compile();
  const std::vector<Tensor> start = model.get_weights();
  FitOptions options = {.epochs = 3, .batch_size = 8, .verbose = 0, .shuffle = false};
  options.validation_data = {{{"a", a}, {"b", b}}, {{"size", size}, {"kind", kind}}};
  const History named = model.fit({{"b", b}, {"a", a}}, {{"size", size}, {"kind", kind}}, options);
  EXPECT_EQ(named.history.size(), 12u);
  EXPECT_LT(named.history.at("loss").back(), named.history.at("loss").front());
  EXPECT_EQ(named.history.at("val_kind_loss").size(), 3u);
  const auto trained = weights_of(model);

  model.set_weights(start);
  compile();
  options.validation_data = {};
  options.validation_split = 0;
  model.fit({a, b}, {kind, size}, options);
  EXPECT_EQ(weights_of(model), trained);

  model.set_weights(start);
  model.compile({.optimizer = optimizers::SGD({.learning_rate = 0.1}),
                 .loss = {"sparse_categorical_crossentropy", "mse"},
                 .loss_weights = {1.0, 0.25},
                 .run_eagerly = true});
  const History eager = model.fit({a, b}, {kind, size}, options);
  EXPECT_EQ(eager.history.size(), 3u);
  EXPECT_NEAR(eager.history.at("size_loss").back(), named.history.at("size_loss").back(), 1e-5);
  for (std::size_t i = 0; i < trained.size(); ++i)
    for (std::size_t j = 0; j < trained[i].size(); ++j) EXPECT_NEAR(weights_of(model)[i][j], trained[i][j], 1e-5);
}

TEST_F(SeveralOutputs, AnOutputWithoutALossNeedsNoTarget) {
  model.compile({.optimizer = "sgd", .loss = {{"size", "mse"}}});
  EXPECT_THAT(model.fit({a, b}, size, {.verbose = 0}).history, ElementsAre(Pair("loss", ::testing::_)));
  EXPECT_NO_THROW(model.fit({a, b}, {{"size", size}}, {.verbose = 0}));
  EXPECT_NO_THROW(model.evaluate({a, b}, {kind, size}, {.verbose = 0}));
}

TEST_F(SeveralOutputs, OneLossServesAll) {
  model.compile({.optimizer = "sgd", .loss = "mse", .metrics = {"mse", "mse"}});
  const History history = model.fit({a, b}, {range({30, 3}), size}, {.verbose = 0, .validation_split = 0.2});
  EXPECT_EQ(history.history.count("kind_mse"), 1u);
  EXPECT_EQ(history.history.count("val_size_loss"), 1u);
}

TEST_F(SeveralOutputs, ResumeGoesOnAsIfNeverStopped) {
  const auto train = [&](const std::string& directory, int epochs, bool resume) {
    begin_program(4);
    Model fresh = two_by_two();
    fresh.compile(
        {.optimizer = "adam", .loss = {"sparse_categorical_crossentropy", "mse"}, .metrics = {"accuracy", "mse"}});
    FitOptions options = {.epochs = epochs, .batch_size = 7, .verbose = 0};
    options.checkpoint.directory = directory;
    options.resume = resume;
    const History history = fresh.fit({a, b}, {kind, size}, options);
    return std::pair(weights_of(fresh), history.history);
  };
  const testing::TemporaryFolder folder;
  const auto whole = train(folder.path("whole"), 4, false);
  train(folder.path("half"), 2, false);
  EXPECT_EQ(train(folder.path("half"), 4, true), whole);
}

TEST_F(SeveralOutputs, SayWhatDoesNotFit) {
  compile();
  const auto fit = [&](const Several<Tensor>& x, const Several<Tensor>& y) {
    return message_of([&] { model.fit(x, y, {.verbose = 0}); });
  };
  EXPECT_THAT(fit(a, {kind, size}), HasSubstr("takes 2 inputs (a, b), received 1"));
  EXPECT_THAT(fit({a, b}, kind), AllOf(HasSubstr("2 outputs (kind, size)"), HasSubstr("y holds 1")));
  EXPECT_THAT(fit({a, b}, {{"kind", kind}}), HasSubstr("nothing for output 'size'"));
  EXPECT_THAT(fit({a, b}, {{"kind", kind}, {"weight", size}}), HasSubstr("'weight'"));
  EXPECT_THAT(fit({a, b}, {kind, size.slice(0, 9)}), AllOf(HasSubstr("y 'size'"), HasSubstr("30 and 9")));
  EXPECT_THAT(fit({a, b}, {labels(30, 7), size}), HasSubstr("labels in [0, 3)"));
  const auto compiled = [&](CompileOptions options) {
    model.compile(std::move(options));
    return fit({a, b}, {kind, size});
  };
  EXPECT_THAT(compiled({.optimizer = "sgd", .loss = {"mse", "mse", "mse"}}),
              HasSubstr("loss must be one for each of the outputs kind, size"));
  EXPECT_THAT(compiled({.optimizer = "sgd", .loss = {{"weight", "mse"}}}),
              AllOf(HasSubstr("loss"), HasSubstr("'weight'")));
  EXPECT_THAT(compiled({.optimizer = "sgd", .loss = "mse", .loss_weights = {1.0}}),
              HasSubstr("loss_weights must be one for each"));
  EXPECT_THAT(compiled({.optimizer = "sgd", .loss = "mse", .metrics = {"mse"}}),
              HasSubstr("metrics must be one for each"));
  EXPECT_THAT(compiled({.optimizer = "sgd", .loss = "mse", .metrics = {{"weight", "mse"}}}),
              HasSubstr("no output is named 'weight'"));
}

// Looks its input up: whole numbers come as they are.
class Lookup : public LayerImpl {
 public:
  std::string class_name() const override { return "Lookup"; }
  bool takes_integers() const override { return true; }
  void build(const Shape&) override { table_ = add_weight("table", {5, 2}, "glorot_uniform"); }
  Tensor call(const Tensor& x, bool) override {
    seen = x.dtype();
    return ops::matmul(ops::one_hot(ops::squeeze(x, -1), 5), ops::convert_to_tensor(table_));
  }
  static inline DType seen = DType::kBool;

 private:
  Variable table_;
};

TEST(Ids, ReachALayerOfIdsAsWholeNumbers) {
  const auto seen_by = [](Model& model, const Tensor& x) {
    model.predict(x);
    return Lookup::seen;
  };
  const Tensor ids = labels(6, 5), wide = ids.astype(DType::kInt64);
  Sequential stack({layers::Input({1}), make_layer<Lookup>()});
  EXPECT_EQ(seen_by(stack, ids), DType::kInt32);
  EXPECT_EQ(seen_by(stack, wide), DType::kInt64);
  const KerasTensor plain = Input({1}), typed = Input({1}, {.dtype = DType::kInt32});
  Model by_default(plain, make_layer<Lookup>()(plain)), with_dtype(typed, make_layer<Lookup>()(typed));
  EXPECT_EQ(seen_by(by_default, wide), DType::kInt64);
  EXPECT_EQ(seen_by(with_dtype, wide), DType::kInt32);
  // Where numbers are wanted, whole ones become floating.
  Model mixed(plain, layers::Dense(2)(plain) + make_layer<Lookup>()(plain));
  EXPECT_EQ(seen_by(mixed, ids), DType::kFloat32);
}

}  // namespace
}  // namespace shoal
