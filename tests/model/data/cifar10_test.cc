#include "model/data/cifar10.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <png.h>

#include <filesystem>

#include "common/base/error.h"
#include "tests/common/io/scratch.h"
#include "tests/model/data/environment.h"

namespace shoal::datasets {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

const std::vector<std::string> kBatches = {"data_batch_1", "data_batch_2", "data_batch_3",
                                           "data_batch_4", "data_batch_5", "test_batch"};

// Two images a batch. Colour c of pixel p of image i in batch b.
std::uint8_t value(int b, int i, int p, int c) { return static_cast<std::uint8_t>(b * 40 + i * 20 + p * 3 + c * 85); }
std::uint8_t label(int b, int i) { return static_cast<std::uint8_t>((b * 2 + i) % 10); }

void write_binary(const Scratch& scratch) {
  for (int b = 0; b < 6; ++b) {
    std::string text;
    for (int i = 0; i < 2; ++i) {
      text += static_cast<char>(label(b, i));
      for (int c = 0; c < 3; ++c)
        for (int p = 0; p < 1024; ++p) text += static_cast<char>(value(b, i, p, c));
    }
    scratch.file(kBatches[static_cast<std::size_t>(b)] + ".bin", text);
  }
}

void write_png(const Scratch& scratch) {
  for (int b = 0; b < 6; ++b) {
    std::vector<std::uint8_t> pixels;
    for (int i = 0; i < 2; ++i)
      for (int p = 0; p < 1024; ++p)
        for (int c = 0; c < 3; ++c) pixels.push_back(value(b, i, p, c));
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = 1024;
    image.height = 2;
    image.format = PNG_FORMAT_RGB;
    const std::string path = scratch / (kBatches[static_cast<std::size_t>(b)] + ".png");
    ASSERT_TRUE(png_image_write_to_file(&image, path.c_str(), 0, pixels.data(), 0, nullptr));
  }
  scratch.file("train_lables.json", "[0,1,2,3,4,5,6,7,8,9]");
  scratch.file("test_lables.json", "[0,1]");
}

void expect_fixture(const TrainTest& data) {
  EXPECT_EQ(data.train.x.shape(), (Shape{10, 32, 32, 3}));
  EXPECT_EQ(data.train.x.dtype(), DType::kUInt8);
  EXPECT_EQ(data.train.y.shape(), (Shape{10, 1}));
  EXPECT_EQ(data.test.x.shape(), (Shape{2, 32, 32, 3}));
  EXPECT_THAT(data.train.y.to_vector<int>(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(data.test.y.to_vector<int>(), ElementsAre(0, 1));
  for (int n = 0; n < 12; ++n) {
    const auto* pixels =
        n < 10 ? data.train.x.data<std::uint8_t>() + n * 3072 : data.test.x.data<std::uint8_t>() + (n - 10) * 3072;
    for (int p = 0; p < 1024; ++p)
      for (int c = 0; c < 3; ++c) ASSERT_EQ(pixels[p * 3 + c], value(n / 2, n % 2, p, c)) << n << " " << p << " " << c;
  }
}

TEST(Cifar10, ReadsItsOriginalBinaryForm) {
  const Scratch scratch;
  write_binary(scratch);
  expect_fixture(cifar10::load_data({.directory = scratch.path()}));
}

TEST(Cifar10, ReadsRowsOfPng) {
  const Scratch scratch;
  write_png(scratch);
  expect_fixture(cifar10::load_data({.directory = scratch.path()}));
}

TEST(Cifar10, IsFoundInTheNamedPlaceAndTheCache) {
  const Scratch named, cache;
  const Environment a("SHOAL_DATA", named.path()), b("XDG_CACHE_HOME", cache.path());
  std::filesystem::create_directories(cache / "shoal/datasets");
  {
    const Scratch files;
    write_png(files);
    std::filesystem::copy(files.path(), cache / "shoal/datasets/cifar10");
  }
  expect_fixture(cifar10::load_data());
  write_binary(named);
  named.file("data_batch_3.bin", "x");
  EXPECT_THAT([] { cifar10::load_data(); }, ThrowsMessage<IoError>(HasSubstr(named / "data_batch_3.bin")));
}

TEST(Cifar10, TellsDamage) {
  const Scratch scratch;
  const auto expect = [&](const std::string& file, const std::string& content, const std::string& what) {
    scratch.file(file, content);
    EXPECT_THAT([&] { cifar10::load_data({.directory = scratch.path()}); }, ThrowsMessage<IoError>(HasSubstr(what)));
  };
  write_png(scratch);
  expect("train_lables.json", "[0,1]", "has 2 labels for 10 images");
  expect("train_lables.json", "[0,1,2,3,4,5,6,7,8,10]", "must be 0 to 9, received 10");
  expect("train_lables.json", "[0,-1]", "must be 0 to 9, received -1");
  expect("train_lables.json", "{}", "must be a JSON list");
  expect("train_lables.json", "[0,1", "must be a JSON list");
  write_png(scratch);
  expect("data_batch_2.png", scratch.text("data_batch_2.png").substr(0, 100), "data_batch_2.png: not a sound PNG");
  const std::string one = std::string(1, '\1') + std::string(3072, '\2');
  write_binary(scratch);
  expect("test_batch.bin", one.substr(1), "records of 3073 bytes, received 3072");
  expect("test_batch.bin", "\x0b" + one.substr(1), "below 10, received 11");
  expect("test_batch.bin", "", "received 0 bytes");
}

TEST(Cifar10, AnOptionThatHoldsNothingSaysWhichFilesItWants) {
  const Scratch scratch;
  EXPECT_THAT([&] { cifar10::load_data({.directory = scratch.path()}); },
              ThrowsMessage<IoError>(AllOf(HasSubstr(scratch.path()), HasSubstr("data_batch_1.bin"))));
}

}  // namespace
}  // namespace shoal::datasets
