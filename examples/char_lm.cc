// A language model of characters: an LSTM reads "Moby Dick", guesses each next character, and writes a few lines in
// the end. Alone, or as
//   shoal run --workers 2 --servers 1 char_lm
#include <cmath>
#include <cstdio>
#include <random>

#include "command_line.h"

using namespace shoal;

namespace {

// The bytes that occur in a text, each with its number.
struct Alphabet {
  std::string characters;
  std::array<std::int32_t, 256> numbers{};

  explicit Alphabet(const std::string& text) {
    std::array<bool, 256> seen{};
    for (const char c : text) seen[static_cast<unsigned char>(c)] = true;
    for (std::size_t byte = 0; byte < seen.size(); ++byte)
      if (seen[byte]) {
        numbers[byte] = static_cast<std::int32_t>(characters.size());
        characters += static_cast<char>(byte);
      }
  }
  std::int32_t number(char c) const { return numbers[static_cast<unsigned char>(c)]; }
};

// Rows [begin, end) of the text, cut into pieces of `length`, each beside what follows each of its characters.
Dataset pieces(const std::string& text, const Alphabet& alphabet, std::int64_t length, std::int64_t begin,
               std::int64_t end) {
  Dataset data{Tensor({end - begin, length}, DType::kInt32), Tensor({end - begin, length}, DType::kInt32)};
  auto *x = data.x.mutable_data<std::int32_t>(), *y = data.y.mutable_data<std::int32_t>();
  for (std::int64_t i = 0; i < (end - begin) * length; ++i) {
    const auto at = static_cast<std::size_t>(begin * length + i);
    x[i] = alphabet.number(text[at]);
    y[i] = alphabet.number(text[at + 1]);
  }
  return data;
}

// Goes on from `start`, character by character: each is drawn by its probability to the power of 1 / temperature.
std::string written(Model& model, const Alphabet& alphabet, std::string text, int count, std::int64_t length,
                    double temperature, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (int i = 0; i < count; ++i) {
    const std::size_t known = std::min(text.size(), static_cast<std::size_t>(length));
    Tensor x({1, length}, DType::kInt32);
    for (std::size_t j = 0; j < known; ++j)
      x.mutable_data<std::int32_t>()[j] = alphabet.number(text[text.size() - known + j]);
    const Tensor logits = model.predict(x);
    const auto letters = alphabet.characters.size();
    const float* last = logits.data<float>() + (known - 1) * letters;
    std::vector<double> weights(letters);
    for (std::size_t j = 0; j < letters; ++j) weights[j] = std::exp(static_cast<double>(last[j]) / temperature);
    text += alphabet.characters[std::discrete_distribution<std::size_t>(weights.begin(), weights.end())(random)];
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  CommandLine line("Learns to write like Herman Melville, character by character", 3, 32);
  std::int64_t length = 100, units = 256;
  int write = 300;
  line.add_option("--length", length, "Characters of a row")->check(line.kPositive)->capture_default_str();
  line.add_option("--units", units, "Of the LSTM")->check(line.kPositive)->capture_default_str();
  line.add_option("--write", write, "Characters to write in the end")
      ->check(CLI::Range(0, line.kMost))
      ->capture_default_str();
  CLI11_PARSE(line, argc, argv);

  utils::set_random_seed(line.seed);
  const std::string text = datasets::moby_dick::load_text();
  const Alphabet alphabet(text);
  const auto letters = static_cast<std::int64_t>(alphabet.characters.size());
  const std::int64_t all = (static_cast<std::int64_t>(text.size()) - 1) / length, trained = all - all / 10;
  const Dataset train = pieces(text, alphabet, length, 0, line.count(trained));
  const Dataset test = pieces(text, alphabet, length, trained, trained + line.count(all - trained));

  Sequential model({
      layers::Input({length}, {.dtype = DType::kInt32}),
      layers::Embedding(letters, 64),
      layers::LSTM(units, {.return_sequences = true}),
      layers::Dense(letters),
  });
  model.compile({.optimizer = optimizers::Adam({.learning_rate = 0.003}),
                 .loss = losses::SparseCategoricalCrossentropy({.from_logits = true}),
                 .metrics = {"accuracy"}});
  model.summary();
  FitOptions options = line.fit_options(runtime);
  options.validation_data = test;
  model.fit(train.x, train.y, options);

  const auto [loss, accuracy] = model.evaluate(test.x, test.y, {.verbose = 0});
  const std::string sample = written(model, alphabet, "The whale ", write, length, 0.6, line.seed);
  if (!runtime.is_chief()) return 0;
  std::printf("%s\n", sample.c_str());
  std::printf("test loss %.4f, perplexity of a character %.3f, test accuracy %.2f %%\n", loss, std::exp(loss),
              100 * accuracy);
}
