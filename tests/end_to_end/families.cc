#include "tests/end_to_end/families.h"

#include <map>
#include <stdexcept>

#include "common/base/random.h"

using namespace shoal;

namespace {

constexpr int kClasses = 4;

// Draws the same values for the same sample, however many there are.
class Draws {
 public:
  explicit Draws(std::uint64_t sample) : generator_(random::mix(42, sample)) {}
  int label(int classes) { return static_cast<int>(generator_.below(static_cast<std::uint64_t>(classes))); }
  float noise() { return static_cast<float>(generator_.normal()); }

 private:
  random::Generator generator_;
};

// Values around a pattern of each class.
void add_pattern(std::vector<float>& x, int elements, int label, Draws& draws) {
  random::Generator pattern(static_cast<std::uint64_t>(label) + 1);
  for (int i = 0; i < elements; ++i) x.push_back(0.4F * static_cast<float>(pattern.normal()) + draws.noise());
}

struct Labelled {
  Tensor x, y;
};

Labelled values(int samples, const Shape& shape, int classes) {
  int elements = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) elements *= static_cast<int>(shape[axis]);
  std::vector<float> x;
  std::vector<std::int32_t> y;
  for (int i = 0; i < samples; ++i) {
    Draws draws(static_cast<std::uint64_t>(i));
    y.push_back(draws.label(classes));
    add_pattern(x, elements, y.back(), draws);
  }
  std::vector<std::int64_t> dims = {samples};
  for (int axis = 0; axis < shape.rank(); ++axis) dims.push_back(shape[axis]);
  return {Tensor(x, Shape(dims)), Tensor(y, {samples, 1})};
}

// Words of which those of the class are more frequent, in sentences of 1 to `length`, filled up with 0 in front or, for
// a tagger, behind. Each word's tag is whether it is of the class.
struct Text {
  Tensor words, labels, tags;
};

Text text(int samples, int length, int vocabulary) {
  std::vector<std::int32_t> words, labels, tags;
  for (int i = 0; i < samples; ++i) {
    Draws draws(static_cast<std::uint64_t>(i));
    labels.push_back(draws.label(kClasses));
    const int used = 1 + draws.label(length);
    for (int t = 0; t < length; ++t) {
      int word = 1 + draws.label(vocabulary - 1);
      if (draws.label(2) == 0) word = 1 + labels.back() + kClasses * ((word - 1) % ((vocabulary - 1) / kClasses));
      words.push_back(t < used ? word : 0);
      tags.push_back((word - 1) % kClasses);
    }
  }
  return {Tensor(words, {samples, length}), Tensor(labels, {samples, 1}), Tensor(tags, {samples, length})};
}

Family of(Model model, Tensor x, Tensor y, std::string loss = "sparse_categorical_crossentropy",
          std::vector<std::string> metrics = {"accuracy"}) {
  return {
      std::make_unique<Model>(std::move(model)), std::move(loss), std::move(metrics), {std::move(x)}, {std::move(y)}};
}

// The first kernel is larger than a bucket, the rest share one.
Family mlp(int samples, double dropout) {
  constexpr int kFeatures = 300, kMany = 10;
  const auto [x, y] = values(samples, {kFeatures}, kMany);
  const KerasTensor input = Input({kFeatures});
  KerasTensor h = layers::Dense(64, {.activation = "relu"})(input);
  if (dropout > 0) h = layers::Dropout(dropout)(h);
  h = layers::Dense(32, {.activation = "relu"})(h);
  return of(Model(input, layers::Dense(kMany, {.activation = "softmax"})(h)), x, y);
}

KerasTensor normalized(const KerasTensor& x, std::int64_t filters) {
  const Layer convolution = layers::Conv2D(filters, {3, 3}, {.padding = "same", .use_bias = false});
  return layers::BatchNormalization({.momentum = 0.9})(convolution(x));
}

Family residual(int samples) {
  const auto [x, y] = values(samples, {6, 6, 2}, kClasses);
  const KerasTensor image = Input({6, 6, 2});
  KerasTensor h = layers::ReLU()(normalized(image, 6));
  for (int block = 0; block < 2; ++block)
    h = layers::ReLU()(layers::Add()({h, normalized(layers::ReLU()(normalized(h, 6)), 6)}));
  h = layers::GlobalAveragePooling2D()(h);
  return of(Model(image, layers::Dense(kClasses, {.activation = "softmax"})(h)), x, y);
}

constexpr int kLength = 9, kVocabulary = 41;

Family lstm(int samples) {
  const Text data = text(samples, kLength, kVocabulary);
  const KerasTensor words = Input({kLength}, {.dtype = DType::kInt32});
  const KerasTensor h = layers::LSTM(12)(layers::Embedding(kVocabulary, 8, {.mask_zero = true})(words));
  return of(Model(words, layers::Dense(kClasses, {.activation = "softmax"})(h)), data.words, data.labels);
}

Family gru(int samples) {
  const auto [x, y] = values(samples, {7, 5}, kClasses);
  const KerasTensor steps = Input({7, 5});
  KerasTensor h = layers::Bidirectional(layers::GRU(6, {.return_sequences = true}))(steps);
  h = layers::Bidirectional(layers::GRU(5))(h);
  return of(Model(steps, layers::Dense(kClasses, {.activation = "softmax"})(h)), x, y);
}

Family tagger(int samples) {
  const Text data = text(samples, kLength, kVocabulary);
  const KerasTensor words = Input({kLength}, {.dtype = DType::kInt32});
  const KerasTensor h =
      layers::LSTM(10, {.return_sequences = true})(layers::Embedding(kVocabulary, 8, {.mask_zero = true})(words));
  return of(Model(words, layers::Dense(kClasses, {.activation = "softmax"})(h)), data.words, data.tags,
            "sparse_categorical_crossentropy", {});
}

// Without the attention's biases: that of the keys has no gradient but rounding, which Adam takes for a direction.
Family transformer(int samples) {
  constexpr int kWidth = 8;
  const auto [x, y] = values(samples, {6, kWidth}, kClasses);
  const KerasTensor steps = Input({6, kWidth});
  KerasTensor h = layers::MultiHeadAttention(2, 4, {.dropout = 0.1, .use_bias = false})({steps, steps});
  const KerasTensor attended = layers::LayerNormalization()(layers::Add()({steps, layers::Dropout(0.1)(h)}));
  h = layers::Dense(kWidth)(layers::Dense(16, {.activation = "relu"})(attended));
  h = layers::LayerNormalization()(layers::Add()({attended, layers::Dropout(0.1)(h)}));
  h = layers::Dropout(0.1)(layers::GlobalAveragePooling1D()(h));
  return of(Model(steps, layers::Dense(kClasses, {.activation = "softmax"})(h)), x, y);
}

Family autoencoder(int samples) {
  const Tensor x = values(samples, {8, 8, 1}, kClasses).x;
  const KerasTensor image = Input({8, 8, 1});
  const layers::Conv2DOptions half = {.strides = {2, 2}, .padding = "same", .activation = "relu"};
  const layers::Conv2DTransposeOptions twice = {.strides = {2, 2}, .padding = "same", .activation = "relu"};
  KerasTensor h = layers::Conv2D(6, {3, 3}, half)(layers::GaussianNoise(0.1)(image));
  h = layers::Conv2DTranspose(6, {3, 3}, twice)(layers::Conv2D(4, {3, 3}, half)(h));
  h = layers::Conv2DTranspose(4, {3, 3}, twice)(h);
  return of(Model(image, layers::Conv2D(1, {3, 3}, {.padding = "same"})(h)), x, x, "mse", {"mae"});
}

Family two(int samples) {
  const auto [images, digits] = values(samples, {6, 6, 1}, kClasses);
  const Text data = text(samples, kLength, kVocabulary);
  const KerasTensor image = Input({6, 6, 1}, {.name = "image"});
  const KerasTensor words = Input({kLength}, {.name = "words", .dtype = DType::kInt32});
  const Layer shared = layers::Dense(10, {.activation = "relu", .kernel_regularizer = regularizers::L2(0.01)});
  const KerasTensor seen = shared(layers::Dense(10)(layers::Flatten()(layers::Conv2D(4, {3, 3})(image))));
  const KerasTensor read =
      shared(layers::Dense(10)(layers::GlobalAveragePooling1D()(layers::Embedding(kVocabulary, 6)(words))));
  const KerasTensor both = layers::Concatenate()({seen, read});
  const Layer digit = layers::Dense(kClasses, {.activation = "softmax", .name = "digit"});
  const Layer topic = layers::Dense(kClasses, {.activation = "softmax", .name = "topic"});
  return {std::make_unique<Model>(std::vector<KerasTensor>{image, words},
                                  std::vector<KerasTensor>{digit(both), topic(both)}),
          "sparse_categorical_crossentropy",
          {"accuracy"},
          {images, data.words},
          {digits, data.labels}};
}

// Wide and deep. A batch names so few of the words that a process alone takes the tables' gradients by rows.
Family recommender(int samples) {
  constexpr int kIds = 3, kMany = 401;
  const Text data = text(samples, kIds, kMany);
  const KerasTensor ids = Input({kIds}, {.dtype = DType::kInt32});
  const KerasTensor wide = layers::Flatten()(layers::Embedding(kMany, 1)(ids));
  const KerasTensor deep =
      layers::Dense(16, {.activation = "relu"})(layers::Flatten()(layers::Embedding(kMany, 8)(ids)));
  return of(Model(ids, layers::Dense(kClasses, {.activation = "softmax"})(layers::Concatenate()({wide, deep}))),
            data.words, data.labels);
}

// A kernel of more than 4 MiB, whose gradient goes piece by piece where memory is shared.
Family large(int samples) {
  constexpr int kFeatures = 1024;
  const auto [x, y] = values(samples, {kFeatures}, kClasses);
  const KerasTensor input = Input({kFeatures});
  const KerasTensor h = layers::Dense(1040, {.activation = "relu"})(input);
  return of(Model(input, layers::Dense(kClasses, {.activation = "softmax"})(h)), x, y);
}

// Every step of the optimizer ends with these limits, some of whole kernels.
Family constrained(int samples) {
  const auto [x, y] = values(samples, {8, 8, 1}, kClasses);
  const KerasTensor image = Input({8, 8, 1});
  KerasTensor h = layers::Conv2D(
      6, {3, 3},
      {.activation = "relu", .kernel_constraint = constraints::MaxNorm(0.7, {0, 1, 2}), .bias_constraint = "non_neg"})(
      image);
  h = layers::Dense(20, {.activation = "relu", .kernel_constraint = "unit_norm"})(layers::Flatten()(h));
  return of(Model(image, layers::Dense(kClasses, {.activation = "softmax", .kernel_constraint = "max_norm"})(h)), x, y);
}

}  // namespace

Family make_family(const std::string& name, int samples, double dropout) {
  if (name == "mlp") return mlp(samples, dropout);
  const std::map<std::string, Family (*)(int)> others = {{"residual", residual},
                                                         {"lstm", lstm},
                                                         {"gru", gru},
                                                         {"tagger", tagger},
                                                         {"transformer", transformer},
                                                         {"autoencoder", autoencoder},
                                                         {"two", two},
                                                         {"recommender", recommender},
                                                         {"large", large},
                                                         {"constrained", constrained}};
  const auto found = others.find(name);
  if (found == others.end()) throw std::runtime_error("no such model: " + name);
  return found->second(samples);
}
