// Spam or not: an LSTM reads the first words of 4,837 mails, and is tested with 1,209 others. Alone, or as
//   shoal run --workers 2 --servers 1 lstm_text
#include <cstdio>

#include "command_line.h"

using namespace shoal;

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  CommandLine line("Learns to tell spam from other mail with an LSTM", 4, 32);
  std::int64_t words = 20000, length = 100;
  line.add_option("--words", words, "Words that are told apart")->check(line.kPositive)->capture_default_str();
  line.add_option("--length", length, "Words that are read of each mail")->check(line.kPositive)->capture_default_str();
  CLI11_PARSE(line, argc, argv);

  utils::set_random_seed(line.seed);
  const auto mails = datasets::spam_assassin::load_data();
  const auto train = line.part(mails.train), test = line.part(mails.test);
  preprocessing::TextVectorization numbers({.max_tokens = words, .output_sequence_length = length});
  numbers.adapt(train.texts);
  const Tensor x_train = numbers(train.texts), x_test = numbers(test.texts);

  Sequential model({
      layers::Input({length}, {.dtype = DType::kInt32}),
      layers::Embedding(words, 128, {.mask_zero = true}),
      layers::LSTM(64),
      layers::Dense(1, {.activation = "sigmoid"}),
  });
  model.compile({.optimizer = "adam", .loss = "binary_crossentropy", .metrics = {"accuracy"}});
  model.summary();
  FitOptions options = line.fit_options(runtime);
  options.validation_data = ValidationData{x_test, test.y};
  model.fit(x_train, train.y, options);

  const auto [loss, accuracy] = model.evaluate(x_test, test.y, {.verbose = 0});
  if (runtime.is_chief()) std::printf("test loss %.4f, test accuracy %.2f %%\n", loss, 100 * accuracy);
}
