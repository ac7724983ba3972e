#include "model/data/mnist.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <filesystem>

#include "common/base/error.h"
#include "model/data/npy.h"
#include "tests/common/io/scratch.h"
#include "tests/model/data/environment.h"

namespace shoal::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string idx(const std::vector<std::uint8_t>& dims, const std::string& data) {
  std::string text("\0\0\x08", 3);
  text += static_cast<char>(dims.size());
  for (const auto size : dims) text += std::string("\0\0\0", 3) + static_cast<char>(size);
  return text + data;
}

// Three training images and one test image; pixel j of image i is i + j modulo 251.
std::string images(std::uint8_t n) {
  std::string data;
  for (int i = 0; i < n; ++i)
    for (int j = 0; j < 784; ++j) data += static_cast<char>((i + j) % 251);
  return idx({n, 28, 28}, data);
}

void write_idx(const Scratch& scratch, const std::string& folder = ".") {
  std::filesystem::create_directories(scratch / folder);
  scratch.file(folder + "/train-images-idx3-ubyte", images(3));
  scratch.file(folder + "/train-labels-idx1-ubyte", idx({3}, std::string("\5\0\4", 3)));
  scratch.file(folder + "/t10k-images-idx3-ubyte", images(1));
  scratch.file(folder + "/t10k-labels-idx1-ubyte", idx({1}, "\7"));
}

void expect_fixture(const TrainTest& data) {
  EXPECT_EQ(data.train.x.shape(), (Shape{3, 28, 28, 1}));
  EXPECT_EQ(data.train.x.dtype(), DType::kUInt8);
  EXPECT_THAT(data.train.y.to_vector<int>(), ElementsAre(5, 0, 4));
  EXPECT_EQ(data.train.y.shape(), (Shape{3}));
  EXPECT_EQ(data.test.x.shape(), (Shape{1, 28, 28, 1}));
  EXPECT_THAT(data.test.y.to_vector<int>(), ElementsAre(7));
  const auto* pixels = data.train.x.data<std::uint8_t>();
  EXPECT_EQ(pixels[2 * 784 + 300], (2 + 300) % 251);
}

TEST(Mnist, ReadsIdxRawAndPacked) {
  const Scratch scratch;
  write_idx(scratch);
  expect_fixture(mnist::load_data({.directory = scratch.path()}));
  ASSERT_EQ(std::system(("gzip '" + scratch.path() + "'/*ubyte").c_str()), 0);
  expect_fixture(mnist::load_data({.directory = scratch.path()}));
}

TEST(Mnist, ReadsKerasArchive) {
  const Scratch scratch, idx_files;
  write_idx(idx_files);
  const auto data = mnist::load_data({.directory = idx_files.path()});
  const auto plane = [](const Tensor& x) {
    return Tensor(std::span(x.data<std::uint8_t>(), x.bytes()), {x.rows(), 28, 28});
  };
  save_npz(scratch / "mnist.npz", {{"x_train", plane(data.train.x)},
                                   {"y_train", data.train.y},
                                   {"x_test", plane(data.test.x)},
                                   {"y_test", data.test.y}});
  expect_fixture(mnist::load_data({.directory = scratch.path()}));
  save_npz(scratch / "mnist.npz", {{"x_train", plane(data.train.x)}});
  EXPECT_THAT([&] { mnist::load_data({.directory = scratch.path()}); },
              ThrowsMessage<IoError>(HasSubstr("mnist.npz: has no array")));
}

TEST(Mnist, IsFoundInItsPlacesInOrder) {
  const Scratch named, cache, keras;
  const Environment a("SHOAL_DATA", named.path()), b("XDG_CACHE_HOME", cache.path()), c("KERAS_HOME", keras.path());
  // Each place holds a sound data set; a damaged one in front of it must be the one that is read.
  write_idx(keras, "datasets");
  expect_fixture(mnist::load_data());
  std::filesystem::create_directories(cache / "shoal/datasets/mnist");
  cache.file("shoal/datasets/mnist/mnist.npz", "damaged");
  EXPECT_THAT([] { mnist::load_data(); }, ThrowsMessage<IoError>(HasSubstr(cache.path())));
  write_idx(named);
  expect_fixture(mnist::load_data());
  std::filesystem::remove(named / "t10k-labels-idx1-ubyte");  // an incomplete place is passed over
  write_idx(named, "mnist");
  expect_fixture(mnist::load_data());
}

TEST(Mnist, AnOptionThatHoldsNothingSaysWhichFilesItWants) {
  const Scratch scratch;
  EXPECT_THAT([&] { mnist::load_data({.directory = scratch.path()}); },
              ThrowsMessage<IoError>(
                  AllOf(HasSubstr(scratch.path()), HasSubstr("mnist.npz"), HasSubstr("t10k-images-idx3-ubyte"))));
}

TEST(Mnist, RefusesWrongShapesAndLabels) {
  const Scratch scratch;
  const auto expect = [&](const std::string& file, const std::string& content, const std::string& what) {
    write_idx(scratch);
    scratch.file(file, content);
    EXPECT_THAT([&] { mnist::load_data({.directory = scratch.path()}); }, ThrowsMessage<IoError>(HasSubstr(what)));
  };
  expect("train-images-idx3-ubyte", images(2), "labels must be uint8 (2)");
  expect("train-images-idx3-ubyte", idx({3, 2, 2}, std::string(12, '\1')), "(n, 28, 28), received uint8 (3, 2, 2)");
  expect("train-labels-idx1-ubyte", idx({3}, "\1\2\x0a"), "below 10, received 10");
  expect("t10k-labels-idx1-ubyte", idx({1}, "\7").substr(0, 8), "must be 1 bytes");
}

TEST(Mnist12k, ComesWithTheSources) {
  const auto [train, test] = mnist_12k::load_data();
  EXPECT_EQ(train.x.shape(), (Shape{10000, 28, 28, 1}));
  EXPECT_EQ(test.x.shape(), (Shape{2000, 28, 28, 1}));
  const auto count = [](const Tensor& y) {
    std::array<int, 10> counts{};
    for (const int label : y.to_vector<int>()) ++counts.at(static_cast<std::size_t>(label));
    return counts;
  };
  EXPECT_THAT(count(train.y), ElementsAre(941, 1132, 1032, 1022, 958, 925, 997, 1026, 978, 989));
  EXPECT_THAT(count(test.y), ElementsAre(189, 222, 212, 242, 196, 186, 158, 215, 193, 187));
  // MNIST's first labels are 5 0 4 1 9 2 1 and, in the test set, 7 2 1 0 4 1.
  EXPECT_THAT(train.y.slice(0, 2).to_vector<int>(), ElementsAre(5, 1));
  EXPECT_THAT(test.y.slice(0, 2).to_vector<int>(), ElementsAre(7, 1));
  // The first image, the five that every introduction shows: its row 5 begins with 12 dark pixels, then 3 18 18 18 126.
  const auto row = train.x.slice(0, 1).to_vector<int>();
  EXPECT_THAT(std::vector<int>(row.begin() + 5 * 28 + 11, row.begin() + 5 * 28 + 17),
              ElementsAre(0, 3, 18, 18, 18, 126));
}

TEST(Mnist12k, IsFoundInAGivenPlaceToo) {
  const Scratch scratch;
  write_idx(scratch, "mnist-12k");
  expect_fixture(mnist_12k::load_data({.directory = scratch.path()}));
  const Environment named("SHOAL_DATA", scratch.path());
  expect_fixture(mnist_12k::load_data());
}

TEST(Dataset, StandsForValidationData) {
  const Dataset test{Tensor(std::vector<float>{1}, {1, 1}), Tensor(std::vector<float>{0}, {1})};
  const FitOptions options{.epochs = 3, .batch_size = 64, .validation_data = test};
  EXPECT_EQ(options.validation_data->x.values()[0].data<float>(), test.x.data<float>());
  EXPECT_EQ(options.validation_data->y.values()[0].data<float>(), test.y.data<float>());
}

}  // namespace
}  // namespace shoal::datasets
