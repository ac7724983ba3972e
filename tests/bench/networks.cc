#include "tests/bench/networks.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "tests/bench/learnable_data.h"

namespace shoal::bench {
namespace {

using namespace layers;

// A Sequential on pictures of ten labels.
Network on_pictures(const Shape& row, std::int64_t samples, std::vector<Layer> stack, std::vector<int> rectified) {
  Network network;
  stack.insert(stack.begin(), layers::Input(row));
  stack.push_back(Dense(10, {.activation = "softmax"}));
  network.model.reset(new Sequential(stack));
  network.y = random_labels(samples);
  network.x = pictures(network.y, row.dims());
  network.rectified = std::move(rectified);
  return network;
}

Network cnn(std::int64_t samples) {
  Network network = on_pictures(
      {32, 32, 3}, samples,
      {Conv2D(32, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}), Conv2D(64, {3, 3}, {.activation = "relu"}),
       MaxPooling2D({2, 2}), Conv2D(64, {3, 3}, {.activation = "relu"}), Flatten(), Dense(64, {.activation = "relu"})},
      {1, 3, 4});
  network.loss = "categorical_crossentropy";
  network.y = utils::to_categorical(network.y, 10);
  return network;
}

Network lenet(std::int64_t samples) {
  return on_pictures({28, 28, 1}, samples,
                     {Conv2D(32, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}),
                      Conv2D(64, {3, 3}, {.activation = "relu"}), MaxPooling2D({2, 2}), Flatten(), Dropout(0.5)},
                     {1, 3});
}

Network mlp(std::int64_t samples) {
  return on_pictures({784}, samples, {Dense(512, {.activation = "relu"}), Dense(512, {.activation = "relu"})}, {0, 1});
}

Network bigmlp(std::int64_t samples) {
  std::vector<Layer> stack;
  for (int i = 0; i < 3; ++i) stack.push_back(Dense(4096, {.activation = "relu"}));
  return on_pictures({4096}, samples, stack, {0, 1, 2});
}

Network tiny(std::int64_t samples) {
  Network network;
  std::vector<Layer> stack{layers::Input({8})};
  for (int i = 0; i < 10; ++i) stack.push_back(Dense(8));
  network.model.reset(new Sequential(stack));
  network.x = network.y = pictures(random_labels(samples), {8});
  network.loss = "mean_squared_error";
  network.optimizer = "sgd";
  network.metrics.clear();
  return network;
}

Network lstm(std::int64_t samples) {
  Network network;
  network.model.reset(
      new Sequential({Embedding(20000, 128, {.input_shape = {80}}), LSTM(64), Dense(1, {.activation = "sigmoid"})}));
  network.loss = "binary_crossentropy";
  std::tie(network.x, network.y) = random_ids(samples, 80, 20000);
  return network;
}

// Adds a vector for each step, which is learned: (rows, steps, size) as it came in.
class AddPositions : public LayerImpl {
 public:
  std::string class_name() const override { return "AddPositions"; }
  nlohmann::json get_config() const override { return nlohmann::json::object(); }
  void build(const Shape& input) override { table_ = add_weight("embeddings", {input[1], input[2]}, "uniform"); }
  Tensor call(const Tensor& x, bool /*training*/) override { return x + ops::convert_to_tensor(table_); }

 private:
  Variable table_;
};

// The block of Keras's example "Text classification with Transformer".
Network transformer(std::int64_t samples) {
  const KerasTensor words = shoal::Input({200}, {.dtype = DType::kInt32});
  KerasTensor x = make_layer<AddPositions>()(Embedding(20000, 32)(words));
  x = LayerNormalization({.epsilon = 1e-6})(x + Dropout(0.1)(MultiHeadAttention(2, 32)({x, x})));
  x = LayerNormalization({.epsilon = 1e-6})(x + Dropout(0.1)(Dense(32)(Dense(32, {.activation = "relu"})(x))));
  x = Dropout(0.1)(GlobalAveragePooling1D()(x));
  x = Dropout(0.1)(Dense(20, {.activation = "relu"})(x));
  Network network;
  network.model.reset(new Model(words, Dense(2, {.activation = "softmax"})(x)));
  std::tie(network.x, network.y) = random_ids(samples, 200, 20000);
  return network;
}

// He et al. 2015, with a convolution of one pixel where a branch changes its size.
Network resnet20(std::int64_t samples) {
  const auto convolution = [](const KerasTensor& x, std::int64_t filters, std::int64_t strides) {
    return BatchNormalization()(Conv2D(filters, {3, 3}, {.strides = {strides, strides}, .padding = "same"})(x));
  };
  const KerasTensor image = shoal::Input({32, 32, 3});
  KerasTensor x = ReLU()(convolution(image, 16, 1));
  for (const std::int64_t filters : {16, 32, 64})
    for (int block = 0; block < 3; ++block) {
      const std::int64_t strides = filters > 16 && block == 0 ? 2 : 1;
      const KerasTensor past = strides > 1 ? Conv2D(filters, {1, 1}, {.strides = {strides, strides}})(x) : x;
      const KerasTensor inner = ReLU()(convolution(x, filters, strides));
      x = ReLU()(Add()({past, convolution(inner, filters, 1)}));
    }
  Network network;
  network.model.reset(new Model(image, Dense(10, {.activation = "softmax"})(GlobalAveragePooling2D()(x))));
  network.y = random_labels(samples);
  network.x = pictures(network.y, {32, 32, 3});
  return network;
}

Network widedeep(std::int64_t samples) {
  Network network;
  network.model.reset(
      new Sequential({Embedding(1000000, 64, {.input_shape = {26}}), Flatten(), Dense(256, {.activation = "relu"}),
                      Dense(128, {.activation = "relu"}), Dense(1, {.activation = "sigmoid"})}));
  network.loss = "binary_crossentropy";
  std::tie(network.x, network.y) = random_ids(samples, 26, 1000000);
  return network;
}

struct Entry {
  Network (*make)(std::int64_t samples);
  std::int64_t samples;
  double megaflops;
};

const Entry& entry(const std::string& name) {
  static const std::map<std::string, Entry> entries{
      {"cnn", {cnn, 4096, 25.7}},
      {"lenet", {lenet, 8192, 14.3}},
      {"mlp", {mlp, 16384, 3.21}},
      {"bigmlp", {bigmlp, 512, 268}},
      {"lstm", {lstm, 2048, 23.6}},
      {"transformer", {transformer, 1024, 43}},
      {"resnet20", {resnet20, 768, 244}},
      {"widedeep", {widedeep, 8192, 2.75}},
      {"tiny", {tiny, 8192, 10 * 3 * 2 * 64 * 1e-6}},
  };
  const auto found = entries.find(name);
  if (found == entries.end()) raise<ValueError>("model: one of {}, received {}", kModels, name);
  return found->second;
}

}  // namespace

std::int64_t samples_of(const std::string& name, std::int64_t batch) {
  return entry(name).samples * (name == "mlp" && batch >= 100 ? 2 : 1);
}

double megaflops_of(const std::string& name) { return entry(name).megaflops; }

Network make_network(const std::string& name, std::int64_t samples) { return entry(name).make(samples); }

std::vector<double> positive_shares(const Network& network) {
  const auto layers = network.model->layers();
  const Tensor x = network.x.slice(0, std::min<std::int64_t>(256, network.x.rows()));
  std::vector<double> shares;
  for (int last : network.rectified) {
    std::vector<std::int64_t> row = x.shape().dims();
    row.erase(row.begin());
    Sequential part({layers::Input(Shape(row))});
    for (int i = 0; i <= last; ++i) part.add(layers[static_cast<std::size_t>(i)]);
    const Tensor y = part.predict(x);
    std::int64_t positive = 0;
    for (std::int64_t i = 0; i < y.shape().elements(); ++i) positive += y.data<float>()[i] > 0;
    shares.push_back(static_cast<double>(positive) / static_cast<double>(y.shape().elements()));
  }
  return shares;
}

}  // namespace shoal::bench
