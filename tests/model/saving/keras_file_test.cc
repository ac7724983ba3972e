#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/io/hdf5.h"
#include "common/io/zip.h"
#include "model/saving/load_model.h"
#include "tests/common/io/scratch.h"
#include "tests/model/saving/support.h"

namespace shoal {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace shoal::testing;

template <class Call>
std::string error_of(Call&& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(KerasFile, ModelAndTrainingComeBack) {
  const Scratch scratch;
  const auto model = small_model(DType::kFloat64);
  compile(*model, optimizers::SGD({.learning_rate = 0.05, .momentum = 0.9, .nesterov = true}));
  train_a_little(*model);
  model->save(scratch / "m.keras");
  EXPECT_EQ(scratch.entries(), 1u);
  const auto other = load_model(scratch / "m.keras");
  EXPECT_EQ(other->get_config(), model->get_config());
  EXPECT_EQ(other->name(), model->name());
  EXPECT_EQ(weights_of(*other), weights_of(*model));
  ASSERT_TRUE(other->compiled());
  EXPECT_EQ(other->optimizer().rule(), model->optimizer().rule());
  EXPECT_EQ(other->optimizer().iterations, 3);
  EXPECT_EQ(other->optimizer().learning_rate, 0.05);
  EXPECT_EQ(slots_of(*other, 1), slots_of(*model, 1));
  EXPECT_EQ(other->compile_options().loss.values().at(0).name(), "mean_squared_error");
  ASSERT_EQ(other->compile_options().metrics.list().size(), 1u);
  EXPECT_FALSE(load_model(scratch / "m.keras", {.compile = false})->compiled());
}

TEST(KerasFile, MembersAreKeras) {
  const Scratch scratch;
  const auto model = small_model();
  compile(*model);
  model->save(scratch / "m.keras");
  const io::ZipReader zip(scratch / "m.keras");
  EXPECT_THAT(zip.names(), ElementsAre("metadata.json", "config.json", "model.weights.h5"));
  const json metadata = json::parse(zip.read("metadata.json", 1000)),
             config = json::parse(zip.read("config.json", 100000));
  EXPECT_THAT(metadata.at("date_saved").get<std::string>(), ::testing::MatchesRegex("....-..-..@..:..:.."));
  EXPECT_EQ(config.at("module"), "keras");
  EXPECT_EQ(config.at("class_name"), "Sequential");
  EXPECT_EQ(config.at("build_config").at("input_shape"), json({nullptr, 5}));
  EXPECT_EQ(config.at("compile_config").at("optimizer").at("class_name"), "Adam");
  EXPECT_EQ(config.at("compile_config").at("loss"), "mean_squared_error");
}

TEST(KerasFile, OwnLossIsLeftOutWithAWarning) {
  const Scratch scratch;
  const auto model = small_model();
  model->compile({.optimizer = "adam", .loss = [](const Tensor&, const Tensor& y) { return y; }});
  ::testing::internal::CaptureStderr();
  model->save(scratch / "m.keras");
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("loss is a function of one's own"));
  EXPECT_FALSE(load_model(scratch / "m.keras")->compiled());
}

// Files made by Keras itself; make_keras.py beside them has the models.
class KerasGolden : public ::testing::TestWithParam<const char*> {};

TEST_P(KerasGolden, PredictsWhatKerasPredicts) {
  const std::string base = std::string(SHOAL_SOURCE_DIR "/tests/golden/") + GetParam();
  const auto model = load_model(base + ".keras");
  const hdf5::Group data = hdf5::File::open(base + ".h5").root();
  const auto read = [&](const char* name) {
    const hdf5::Dataset stored = data.dataset(name);
    Tensor tensor(Shape({stored.dims().begin(), stored.dims().end()}), DType::kFloat32);
    stored.read(hdf5::Type::kFloat32, 0, stored.elements(), tensor.mutable_raw());
    return tensor;
  };
  const auto wanted = read("y").to_vector<double>(), got = model->predict(read("x")).to_vector<double>();
  ASSERT_EQ(got.size(), wanted.size());
  const double most = *std::max_element(wanted.begin(), wanted.end());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-5 * most);
  EXPECT_TRUE(model->compiled());
  EXPECT_EQ(model->optimizer().iterations, 4);
}

INSTANTIATE_TEST_SUITE_P(Files, KerasGolden, ::testing::Values("sequential", "functional"));

TEST(KerasFile, CutAnywhereGivesIoError) {
  const Scratch scratch;
  const auto model = small_model();
  compile(*model);
  model->save(scratch / "m.keras");
  const std::string sound = scratch.text("m.keras");
  for (std::size_t length = 0; length < sound.size(); length += 137) {
    const std::string path = scratch.file("cut.keras", sound.substr(0, length));
    EXPECT_THROW(load_model(path), IoError) << length;
  }
}

TEST(KerasFile, FlippedBytesGiveErrorsOrTheSameWeights) {
  const Scratch scratch;
  const auto model = small_model();
  compile(*model);
  model->save(scratch / "m.keras");
  const auto wanted = weights_of(*model);
  const std::string sound = scratch.text("m.keras");
  int refused = 0;
  for (std::size_t i = 0; i < sound.size(); i += 11) {
    std::string damaged = sound;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    const std::string path = scratch.file("damaged.keras", damaged);
    try {
      EXPECT_EQ(weights_of(*load_model(path)), wanted) << i;  // a byte that nobody reads
    } catch (const IoError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(KerasFile, PlacesThatCannotBe) {
  const Scratch scratch;
  const auto model = small_model();
  EXPECT_THAT(error_of([&] { model->save(scratch / "m.h5"); }), HasSubstr("must end in .keras, received"));
  EXPECT_THAT(error_of([&] { Sequential().save("m.keras"); }), HasSubstr("must be built"));
  EXPECT_THAT(error_of([&] { model->save(scratch / "none/m.keras"); }), HasSubstr("none/m.keras: cannot be written"));
  EXPECT_THAT(error_of([&] { load_model(scratch / "none.keras"); }), HasSubstr("none.keras: cannot be opened"));
  for (const rlim_t size : {0, 2000, 9000, 15000}) {
    const FullDevice full(size);
    EXPECT_THROW(model->save(scratch / "m.keras"), IoError) << size;
    EXPECT_EQ(scratch.entries(), 0u) << size;
  }
}

// config.json as a hand would write it, without weights: the configuration is judged first.
std::string load_error(const Scratch& scratch, const std::string& config) {
  io::ZipWriter zip(scratch / "c.keras");
  zip.add("config.json", config);
  zip.close();
  return error_of([&] { load_model(scratch / "c.keras"); });
}

json layer(const std::string& class_name, json config, json inbound = nullptr) {
  json result = {{"class_name", class_name}, {"config", std::move(config)}};
  if (!inbound.is_null()) {
    result["name"] = result["config"]["name"];
    result["inbound_nodes"] = std::move(inbound);
  }
  return result;
}

json from(const std::string& name) {
  return json::array(
      {{{"args", json::array({{{"class_name", "__keras_tensor__"}, {"config", {{"keras_history", {name, 0, 0}}}}}})},
        {"kwargs", json::object()}}});
}

std::string functional_of(const json& layers, const std::string& output) {
  return json{
      {"class_name", "Functional"},
      {"config",
       {{"name", "f"}, {"layers", layers}, {"input_layers", {"in", 0, 0}}, {"output_layers", {{output, 0, 0}}}}}}
      .dump();
}

TEST(KerasFile, ConfigurationsThatCannotBe) {
  const Scratch scratch;
  const json input = layer("InputLayer", {{"name", "in"}, {"batch_shape", {nullptr, 4}}}, json::array());
  const auto dense = [](const char* name, const char* source) {
    return layer("Dense", {{"name", name}, {"units", 2}}, from(source));
  };
  EXPECT_THAT(load_error(scratch, "{"), HasSubstr("c.keras: config.json: is not JSON"));
  EXPECT_THAT(load_error(scratch, std::string(5000, '[')), HasSubstr("nested deeper than 200"));
  EXPECT_THAT(load_error(scratch, "[]"), HasSubstr("c.keras: config.json is not a model's configuration"));
  EXPECT_THAT(load_error(scratch, R"({"class_name": "MyModel", "config": {}})"),
              HasSubstr("'MyModel' is not supported"));
  const auto sequential = [](const json& layers) {
    return json{{"class_name", "Sequential"}, {"config", {{"name", "s"}, {"layers", layers}}}}.dump();
  };
  EXPECT_THAT(load_error(scratch, sequential({input, layer("ConvLSTM2D", {{"name", "g"}, {"filters", 2}})})),
              AllOf(HasSubstr("c.keras: "), HasSubstr("'ConvLSTM2D'")));
  EXPECT_THAT(
      load_error(
          scratch,
          sequential({input, layer("Dense", {{"name", "d"}, {"units", 2}, {"quantization_config", {{"a", 1}}}})})),
      HasSubstr(R"(Dense 'd': option quantization_config = {"a":1} is not supported)"));
  EXPECT_THAT(load_error(scratch, sequential(json::array({layer("Dense", {{"name", "d"}, {"units", 2}})}))),
              HasSubstr("says nothing of its input's shape"));
  EXPECT_THAT(load_error(scratch, functional_of({input, dense("a", "b"), dense("b", "a")}, "b")),
              HasSubstr("layer 'a' cannot be reached from the inputs"));
  EXPECT_THAT(load_error(scratch, functional_of({input, dense("a", "c")}, "a")), HasSubstr("there is no layer 'c'"));
  EXPECT_THAT(load_error(scratch, functional_of({input, dense("a", "in"), dense("a", "in")}, "a")),
              HasSubstr("received a second 'a'"));
  EXPECT_THAT(load_error(scratch, functional_of({input, dense("a", "in")}, "z")), HasSubstr("there is no layer 'z'"));
  json wrong = dense("a", "in");
  wrong["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = {"in", -1, 0};
  EXPECT_THAT(load_error(scratch, functional_of({input, wrong}, "a")), HasSubstr("[layer, node, tensor]"));
  wrong = dense("a", "in");
  wrong["inbound_nodes"][0]["args"][0]["config"]["keras_history"] = {"in", 0, 3};
  EXPECT_THAT(load_error(scratch, functional_of({input, wrong}, "a")), HasSubstr("has 1 outputs, received number 3"));
  // A sound configuration gets as far as the weights.
  EXPECT_THAT(load_error(scratch, functional_of({dense("b", "a"), input, dense("a", "in")}, "b")),
              HasSubstr("c.keras: has no member 'model.weights.h5'"));
}

}  // namespace
}  // namespace shoal
