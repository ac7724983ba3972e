// shoal_keras SCRIPT.json: plays a list of steps on one model and writes what they give into an HDF5 file, so that a
// Python program can hold it against Keras. Ends with 1 and the message on stderr when a step throws.
#include <fmt/core.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/random.h"
#include "common/io/hdf5.h"
#include "model/functional/input.h"
#include "model/functional/sequential.h"
#include "model/layers/layers.h"
#include "model/plan/plan.h"
#include "model/saving/checkpoint.h"
#include "model/saving/compile_config.h"
#include "model/saving/load_model.h"
#include "tests/keras/layer_case.h"
#include "tests/keras/tensor_file.h"
#include "tests/keras/value_case.h"

using namespace shoal;
using nlohmann::json;
using testing::read_tensor;
using testing::write_tensor;

namespace {

// Two inputs and two outputs, a shared layer, models as layers, operations.
std::unique_ptr<Model> make_branched() {
  const KerasTensor left = Input({6}, {.name = "left"}), right = Input({6}, {.name = "right"});
  const Layer shared = layers::Dense(5, {.activation = "tanh", .name = "both_sides"});
  Sequential head({layers::Input({5}), layers::Dense(4, {.activation = "relu"}), layers::Dense(3)}, "head");
  const KerasTensor inner = Input({5});
  Model tail(inner, layers::Dense(3)(inner * 0.5) + layers::Dense(3, {.use_bias = false})(inner), "tail");
  const KerasTensor a = shared(left), b = shared(right), sum = a - b / 3.0;
  return std::make_unique<Model>(
      Several<KerasTensor>{right, left},
      Several<KerasTensor>{layers::Activation("softmax", {.name = "kind"})(head(sum) + tail(a)), tail(b * sum)},
      "branched");
}

std::unique_ptr<Model> make_model(const std::string& name) {
  if (name == "branched") return make_branched();
  auto model = std::make_unique<Sequential>();
  if (name == "cnn") {
    model->add(layers::Conv2D(32, {3, 3}, {.activation = "relu", .input_shape = {32, 32, 3}}));
    model->add(layers::MaxPooling2D({2, 2}));
    model->add(layers::Conv2D(64, {3, 3}, {.activation = "relu"}));
    model->add(layers::MaxPooling2D({2, 2}));
    model->add(layers::Conv2D(64, {3, 3}, {.activation = "relu"}));
    model->add(layers::Flatten());
    model->add(layers::Dense(64, {.activation = "relu"}));
    model->add(layers::Dense(10, {.activation = "softmax"}));
  } else if (name == "mlp") {
    model->add(layers::Rescaling(1.0 / 8, {.offset = -0.5, .input_shape = {6}}));
    model->add(layers::Dense(16, {.name = "first"}));
    model->add(layers::Activation("tanh"));
    model->add(layers::Dropout(0.25));
    model->add(layers::Dense(3));
  } else {
    raise("no model is named '{}'", name);
  }
  return model;
}

// A tensor, or the tensors of a group by their names.
Several<Tensor> read_data(const std::string& path, const std::string& name) {
  const hdf5::Group root = hdf5::File::open(path).root();
  if (!root.is_group(name)) return read_tensor(path, name);
  std::map<std::string, Tensor> named;
  for (const std::string& member : root.group(name).names()) named[member] = read_tensor(path, name + "/" + member);
  return named;
}

struct Player {
  std::unique_ptr<Model> model;
  hdf5::Group out;

  void write_logs(const std::string& name, const std::map<std::string, std::vector<double>>& columns) const {
    out.create_group(name);
    for (const auto& [key, values] : columns)
      write_tensor(out, name + "/" + key, Tensor(values, {static_cast<std::int64_t>(values.size())}));
  }

  void write_list(const std::string& name, const std::vector<Tensor>& tensors) const {
    out.create_group(name);
    for (std::size_t i = 0; i < tensors.size(); ++i) write_tensor(out, fmt::format("{}/{}", name, i), tensors[i]);
  }

  void compile(const json& step) { saving::compile_from_config(*model, step); }

  void fit(const json& step) {
    const std::string data = step.at("data");
    FitOptions options;
    options.epochs = step.value("epochs", 1);
    options.batch_size = step.value("batch_size", 32);
    options.verbose = 0;
    options.shuffle = false;
    options.checkpoint.directory = step.value("checkpoint", "");
    options.checkpoint.every_batches = step.value("every_batches", 0);
    if (step.value("validate", false)) options.validation_data = {read_data(data, "x"), read_data(data, "y")};
    if (step.contains("sample_weight")) options.sample_weight = read_data(data, step["sample_weight"]);
    const json classes = step.value("class_weight", json::object());
    for (const auto& [label, weight] : classes.items()) options.class_weight[std::stoll(label)] = weight;
    write_logs(step.at("as"), model->fit(read_data(data, "x"), read_data(data, "y"), options).history);
  }

  void play(const json& step) {
    const std::string what = step.at("do");
    if (what == "make") {
      random::set_global_seed(step.value("seed", 1));
      model = make_model(step.at("name"));
    } else if (what == "load") {
      model = load_model(step.at("path"), {.compile = step.value("compile", true)});
    } else if (what == "compile") {
      compile(step);
    } else if (what == "fit") {
      fit(step);
    } else if (what == "predict") {
      const std::vector<Tensor> outputs = model->predict_all(read_data(step.at("data"), "x"));
      if (outputs.size() == 1) return write_tensor(out, step.at("as"), outputs[0]);
      write_list(step.at("as"), outputs);
    } else if (what == "evaluate") {
      std::map<std::string, std::vector<double>> columns;
      const std::string data = step.at("data");
      EvaluateOptions options{.batch_size = 4, .verbose = 0};
      if (step.contains("sample_weight")) options.sample_weight = read_data(data, step["sample_weight"]);
      for (const auto& [key, value] : model->evaluate_all(read_data(data, "x"), read_data(data, "y"), options))
        columns[key] = {value};
      write_logs(step.at("as"), columns);
    } else if (what == "weights") {
      write_list(step.at("as"), model->get_weights());
    } else if (what == "summary") {
      out.write_text(step.at("as"), model->summary_text(step.at("width")));
    } else if (what == "save") {
      model->save(step.at("path"));
    } else if (what == "save_weights") {
      model->save_weights(step.at("path"));
    } else if (what == "load_weights") {
      model->load_weights(step.at("path"));
    } else if (what == "compiled") {
      write_tensor(out, step.at("as"), Tensor(std::vector<std::int32_t>{model->compiled()}, {1}));
    } else if (what == "layer_cases") {
      const hdf5::File data = hdf5::File::open(step.at("data"));
      for (const json& row : step.at("rows")) testing::play_layer_case(row, data.root(), out);
    } else if (what == "value_cases") {
      const hdf5::File data = hdf5::File::open(step.at("data"));
      for (const json& row : step.at("rows")) testing::play_value_case(row, data.root(), out);
    } else if (what == "describe") {
      out.write_text(step.at("as"), saving::describe_checkpoint(step.at("path")));
    } else {
      raise("no step is named '{}'", what);
    }
  }
};

}  // namespace

int main(int argc, char** argv) {
  try {
    plan::install_evaluator();
    if (argc != 2) raise("usage: shoal_keras SCRIPT.json");
    const json script = json::parse(std::ifstream(argv[1]));
    hdf5::File file = hdf5::File::create(script.at("output"));
    {
      Player player{nullptr, file.root()};
      for (const json& step : script.at("steps")) player.play(step);
    }
    file.close();
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return 1;
  }
}
