// Wide and deep (Cheng et al., "Wide & Deep Learning for Recommender Systems", 2016): how many stars does this person
// give that film? Learned from 80,004 ratings of MovieLens, tested with 20,000 others. Alone, or as
//   shoal run --workers 2 --servers 1 recommender
#include <cmath>
#include <cstdio>

#include "command_line.h"

using namespace shoal;

namespace {

constexpr std::int64_t kFames = 8;

// 0 for a film that nobody rated, one more for each time that the number of ratings doubles, to kFames - 1.
std::vector<std::int32_t> fame_of(const datasets::movielens::Ratings& ratings) {
  std::vector<std::int32_t> fame(static_cast<std::size_t>(ratings.movies));
  const auto* x = ratings.train.x.data<std::int32_t>();
  for (std::int64_t i = 0; i < ratings.train.x.rows(); ++i) ++fame[static_cast<std::size_t>(x[2 * i + 1])];
  for (auto& count : fame)
    count = std::min(static_cast<std::int32_t>(std::log2(count + 1.0)), static_cast<std::int32_t>(kFames - 1));
  return fame;
}

// Inputs of the model: who, which film, and the two crossed: who and how well known the film is.
std::vector<Tensor> features(const Tensor& pairs, const std::vector<std::int32_t>& fame) {
  std::vector<std::int32_t> columns[3];
  const auto* x = pairs.data<std::int32_t>();
  for (std::int64_t i = 0; i < pairs.rows(); ++i) {
    const std::int32_t user = x[2 * i], movie = x[2 * i + 1];
    columns[0].push_back(user);
    columns[1].push_back(movie);
    columns[2].push_back(user * static_cast<std::int32_t>(kFames) + fame[static_cast<std::size_t>(movie)]);
  }
  const Shape shape{pairs.rows(), 1};
  return {Tensor(columns[0], shape), Tensor(columns[1], shape), Tensor(columns[2], shape)};
}

}  // namespace

int main(int argc, char** argv) {
  Runtime runtime(argc, argv);
  CommandLine line("Learns how many stars a person gives a film", 10, 256);
  CLI11_PARSE(line, argc, argv);

  utils::set_random_seed(line.seed);
  const auto ratings = datasets::movielens::load_data();
  const auto fame = fame_of(ratings);
  const Dataset train = line.part(ratings.train), test = line.part(ratings.test);
  const std::vector<Tensor> x_train = features(train.x, fame), x_test = features(test.x, fame);

  const KerasTensor user = Input({1}, {.name = "user", .dtype = DType::kInt32});
  const KerasTensor movie = Input({1}, {.name = "movie", .dtype = DType::kInt32});
  const KerasTensor crossed = Input({1}, {.name = "user_and_fame", .dtype = DType::kInt32});
  const auto table = [](std::int64_t ids, std::int64_t size, const KerasTensor& id) {
    return layers::Flatten()(layers::Embedding(ids, size)(id));
  };
  // Wide: a number for each id, added up. Deep: a vector for each id, through dense layers.
  const KerasTensor wide = layers::Add()(
      {table(ratings.users, 1, user), table(ratings.movies, 1, movie), table(ratings.users * kFames, 1, crossed)});
  KerasTensor deep = layers::Concatenate()({table(ratings.users, 16, user), table(ratings.movies, 16, movie)});
  for (const std::int64_t units : {64, 32})
    deep = layers::Dropout(0.3)(layers::Dense(units, {.activation = "relu"})(deep));
  Model model({user, movie, crossed}, layers::Add()({wide, layers::Dense(1)(deep)}), "wide_and_deep");
  model.compile({.optimizer = "adam", .loss = "mse", .metrics = {metrics::RootMeanSquaredError()}});
  model.summary();
  FitOptions options = line.fit_options(runtime);
  options.validation_data = ValidationData{x_test, test.y};
  model.fit(x_train, train.y, options);

  const auto [loss, error] = model.evaluate(x_test, test.y, {.batch_size = 256, .verbose = 0});
  if (runtime.is_chief()) std::printf("test loss %.4f, root mean squared error %.4f stars\n", loss, error);
}
