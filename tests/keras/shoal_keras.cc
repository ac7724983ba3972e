// shoal_keras SCRIPT.json: plays a list of steps on one model and writes what they give into an HDF5 file, so that a
// Python program can hold it against Keras. Ends with 1 and the message on stderr when a step throws.
#include <fmt/core.h>

#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/random.h"
#include "common/io/hdf5.h"
#include "model/functional/sequential.h"
#include "model/layers/layers.h"
#include "model/saving/checkpoint.h"
#include "model/saving/load_model.h"

using namespace shoal;
using nlohmann::json;

namespace {

hdf5::Type file_type(DType dtype) {
  const std::map<DType, hdf5::Type> types = {{DType::kFloat32, hdf5::Type::kFloat32},
                                             {DType::kFloat64, hdf5::Type::kFloat64},
                                             {DType::kInt32, hdf5::Type::kInt32},
                                             {DType::kInt64, hdf5::Type::kInt64},
                                             {DType::kUInt8, hdf5::Type::kUInt8}};
  return types.at(dtype);
}

Tensor read_tensor(const std::string& path, const std::string& name) {
  const hdf5::File file = hdf5::File::open(path);
  const hdf5::Dataset dataset = file.root().dataset(name);
  for (const DType dtype : {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64, DType::kUInt8})
    if (file_type(dtype) == dataset.type()) {
      Tensor tensor(Shape({dataset.dims().begin(), dataset.dims().end()}), dtype);
      dataset.read(dataset.type(), 0, dataset.elements(), tensor.mutable_raw());
      return tensor;
    }
  raise<IoError>("{}: {} is of a type that tensors do not have", path, name);
}

void write_tensor(const hdf5::Group& root, const std::string& name, const Tensor& tensor) {
  const auto& dims = tensor.shape().dims();
  const hdf5::Dataset dataset = root.create_dataset(name, file_type(tensor.dtype()), {dims.begin(), dims.end()});
  dataset.write(file_type(tensor.dtype()), 0, dataset.elements(), tensor.raw());
}

std::unique_ptr<Sequential> make_model(const std::string& name) {
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

struct Player {
  std::unique_ptr<Sequential> model;
  hdf5::Group out;

  void write_logs(const std::string& name, const std::map<std::string, std::vector<double>>& columns) const {
    out.create_group(name);
    for (const auto& [key, values] : columns)
      write_tensor(out, name + "/" + key, Tensor(values, {static_cast<std::int64_t>(values.size())}));
  }

  void compile(const json& step) {
    CompileOptions options = {.optimizer = Optimizer::from_config(step.at("optimizer")),
                              .loss = Loss::from_config(step.at("loss"))};
    for (const json& metric : step.value("metrics", json::array()))
      options.metrics.push_back(Metric::from_config(metric));
    options.run_eagerly = step.value("run_eagerly", false);
    model->compile(options);
  }

  void fit(const json& step) {
    const std::string data = step.at("data");
    FitOptions options;
    options.epochs = step.value("epochs", 1);
    options.batch_size = step.value("batch_size", 32);
    options.verbose = 0;
    options.shuffle = false;
    options.checkpoint.directory = step.value("checkpoint", "");
    options.checkpoint.every_batches = step.value("every_batches", 0);
    if (step.value("validate", false)) options.validation_data = {read_tensor(data, "x"), read_tensor(data, "y")};
    write_logs(step.at("as"), model->fit(read_tensor(data, "x"), read_tensor(data, "y"), options).history);
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
      write_tensor(out, step.at("as"), model->predict(read_tensor(step.at("data"), "x")));
    } else if (what == "evaluate") {
      std::map<std::string, std::vector<double>> columns;
      const std::string data = step.at("data");
      for (const auto& [key, value] :
           model->evaluate_all(read_tensor(data, "x"), read_tensor(data, "y"), {.batch_size = 4, .verbose = 0}))
        columns[key] = {value};
      write_logs(step.at("as"), columns);
    } else if (what == "weights") {
      int number = 0;
      out.create_group(step.at("as"));
      for (const Tensor& weight : model->get_weights())
        write_tensor(out, fmt::format("{}/{}", step.at("as").get<std::string>(), number++), weight);
    } else if (what == "save") {
      model->save(step.at("path"));
    } else if (what == "save_weights") {
      model->save_weights(step.at("path"));
    } else if (what == "load_weights") {
      model->load_weights(step.at("path"));
    } else if (what == "compiled") {
      write_tensor(out, step.at("as"), Tensor(std::vector<std::int32_t>{model->compiled()}, {1}));
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
