// Spam or not: a Transformer block reads the first words of 4,837 mails, and is tested with 1,209 others. Alone, or as
//   shoal run --workers 2 --servers 1 transformer_text
#include <cstdio>

#include "command_line.h"

using namespace shoal;

namespace {

// Adds to each step what it learned about the step's place: (rows, length, n) -> the same.
class PositionEmbedding : public LayerImpl {
 public:
  std::string class_name() const override { return "PositionEmbedding"; }
  void build(const Shape& input) override {
    embeddings_ = add_weight("embeddings", {input[1], input[2]}, "random_uniform");
  }
  Tensor call(const Tensor& x, bool /*training*/) override { return x + ops::convert_to_tensor(embeddings_); }

 private:
  Variable embeddings_;
};

// Every word looks at all others, then each goes through two dense layers; both on top of what there was.
KerasTensor transformer_block(const KerasTensor& x, std::int64_t heads, std::int64_t size, std::int64_t inner) {
  const KerasTensor seen = layers::MultiHeadAttention(heads, size)({x, x});
  const KerasTensor first =
      layers::LayerNormalization({.epsilon = 1e-6})(layers::Add()({x, layers::Dropout(0.1)(seen)}));
  const KerasTensor thought = layers::Dense(size)(layers::Dense(inner, {.activation = "relu"})(first));
  return layers::LayerNormalization({.epsilon = 1e-6})(layers::Add()({first, layers::Dropout(0.1)(thought)}));
}

}  // namespace

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  CommandLine line("Learns to tell spam from other mail with a Transformer", 4, 32);
  std::int64_t words = 20000, length = 200;
  line.add_option("--words", words, "Words that are told apart")->check(line.kPositive)->capture_default_str();
  line.add_option("--length", length, "Words that are read of each mail")->check(line.kPositive)->capture_default_str();
  CLI11_PARSE(line, argc, argv);

  utils::set_random_seed(line.seed);
  const auto mails = datasets::spam_assassin::load_data();
  const auto train = line.part(mails.train), test = line.part(mails.test);
  preprocessing::TextVectorization numbers({.max_tokens = words, .output_sequence_length = length});
  numbers.adapt(train.texts);
  const Tensor x_train = numbers(train.texts), x_test = numbers(test.texts);

  const KerasTensor mail = Input({length}, {.name = "mail", .dtype = DType::kInt32});
  KerasTensor x = make_layer<PositionEmbedding>()(layers::Embedding(words, 32)(mail));
  x = layers::GlobalAveragePooling1D()(transformer_block(x, 2, 32, 32));
  x = layers::Dense(20, {.activation = "relu"})(layers::Dropout(0.1)(x));
  Model model(mail, layers::Dense(2, {.activation = "softmax"})(layers::Dropout(0.1)(x)), "transformer");
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.summary();
  FitOptions options = line.fit_options(runtime);
  options.validation_data = ValidationData{x_test, test.y};
  model.fit(x_train, train.y, options);

  const auto [loss, accuracy] = model.evaluate(x_test, test.y, {.verbose = 0});
  if (runtime.is_chief()) std::printf("test loss %.4f, test accuracy %.2f %%\n", loss, 100 * accuracy);
}
