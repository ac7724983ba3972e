#include "model/train/profiler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "common/base/error.h"
#include "model/functional/sequential.h"
#include "model/layers/layers.h"
#include "tests/model/train/support.h"

namespace shoal {
namespace {

using nlohmann::json;
using testing::begin_program;
using testing::clouds;
using ::testing::HasSubstr;
using testing::TemporaryFolder;

std::unique_ptr<Sequential> network(bool eagerly = false) {
  begin_program(1);
  auto model = std::make_unique<Sequential>();
  model->add(layers::Dense(8, {.activation = "relu", .input_shape = {2}, .name = "hidden"}));
  model->add(layers::Dense(3, {.activation = "softmax", .name = "classes"}));
  model->compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .run_eagerly = eagerly});
  return model;
}

void fit(Model& model, const testing::Data& data, int epochs, const std::string& profile) {
  FitOptions options{.epochs = epochs, .batch_size = 8, .verbose = 0};
  options.profile = profile;
  model.fit(data.x, data.y, options);
}

TEST(Profiler, FitWritesATraceAndPrintsATable) {
  const TemporaryFolder folder;
  const auto data = clouds(90, 3);
  const auto model = network();
  ::testing::internal::CaptureStdout();
  fit(*model, data, 3, folder.path("trace.json"));
  const std::string table = ::testing::internal::GetCapturedStdout();
  EXPECT_THAT(table, HasSubstr("Profile of 36 steps"));
  for (const char* part : {"fused_matmul", "hidden", "classes", "(None, 8)", "waiting for weights",
                           "gathering the batch", "applying or sending gradients", "of peak"})
    EXPECT_THAT(table, HasSubstr(part));
  std::ifstream file(folder.path("trace.json"));
  const json trace = json::parse(file);
  std::set<std::string> names;
  std::size_t products = 0;
  for (const json& event : trace.at("traceEvents")) {
    EXPECT_EQ(event.at("ph"), "X");
    EXPECT_GE(event.at("dur").get<double>(), 0);
    names.insert(event.at("name"));
    products += event.at("name") == "fused_matmul" && event.at("cat") == "hidden";
  }
  EXPECT_GE(products, 20u);  // a block of rows or more in each of the steps that are kept
  EXPECT_TRUE(names.contains("gathering the batch"));
}

TEST(Profiler, ChangesNoBit) {
  const TemporaryFolder folder;
  const auto data = clouds(50, 3);
  const auto train = [&](const std::string& path) {
    const auto model = network();
    ::testing::internal::CaptureStdout();
    fit(*model, data, 2, path);
    ::testing::internal::GetCapturedStdout();
    return testing::weights_of(*model);
  };
  EXPECT_EQ(train(""), train(folder.path("trace.json")));
}

TEST(Profiler, IsRefusedWhereItCannotBe) {
  const auto data = clouds(10, 3);
  try {
    fit(*network(true), data, 1, "trace.json");
    ADD_FAILURE();
  } catch (const ValueError& error) {
    EXPECT_THAT(error.what(), HasSubstr("run_eagerly"));
  }
  const TemporaryFolder folder;
  EXPECT_THROW(fit(*network(), data, 1, folder.path("no/such/trace.json")), IoError);
}

}  // namespace
}  // namespace shoal
