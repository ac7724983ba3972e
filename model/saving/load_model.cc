#include "model/saving/load_model.h"

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/io/zip.h"
#include "model/saving/compile_config.h"
#include "model/saving/json_text.h"
#include "model/saving/keras_config.h"
#include "model/saving/weights_file.h"
#include "model/train/run_context.h"
#include "model/train/state.h"

namespace shoal {

namespace {

using nlohmann::json;

constexpr std::uint64_t kMostConfigBytes = std::uint64_t{256} << 20;

// A model that was built without an input layer says here what it was built for.
json build_shape(const json& config) {
  const json inner = config.at("config");
  json shape = inner.is_object() ? inner.value("build_input_shape", json()) : json();
  if (shape.is_null() && config.contains("build_config")) shape = config["build_config"].value("input_shape", json());
  return shape;
}

std::unique_ptr<Sequential> model_from(const json& config) {
  json sequential = saving::sequential_config(config);
  sequential["build_input_shape"] = build_shape(config);
  auto model = Sequential::from_config(sequential);
  if (!model->built()) raise<ValueError>("model '{}': says nothing of its input's shape", model->name());
  return model;
}

void try_compile(Model& model, const json& config, const std::string& path) {
  if (config.value("compile_config", json()).empty()) return;  // as Keras writes for a model that is not compiled
  try {
    saving::compile_from_config(model, config["compile_config"]);
  } catch (const ValueError& error) {
    log::warning("{}: the model is not compiled: {}", path, error.what());
  } catch (const json::exception& error) {
    log::warning("{}: the model is not compiled: {}", path, error.what());
  }
}

void load_state(Model& model, const hdf5::Group& root, const std::string& path) {
  saving::check_weights(root, model);
  saving::read_weights(root, model);
  model.state().published = false;
  if (!model.compiled() || !root.has("optimizer/vars")) return;
  const std::string mismatch = saving::optimizer_mismatch(root, model);
  if (mismatch.empty()) {
    saving::read_optimizer(root, model, train::run_context().is_chief());
  } else if (root.group("optimizer/vars").names().size() > 2) {  // else Keras had not used it: there is no state
    log::warning("{}: the optimizer's state is not loaded: {}", path, mismatch);
  }
}

}  // namespace

std::unique_ptr<Sequential> load_model(const std::string& path, const LoadOptions& options) {
  const io::ZipReader zip(path);
  const json config = saving::parse_json(zip.read("config.json", kMostConfigBytes), path + ": config.json");
  try {
    auto model = model_from(config);
    if (options.compile) try_compile(*model, config, path);
    io::TemporaryFile weights = zip.extract("model.weights.h5");
    const hdf5::File file = hdf5::File::open(weights.path(), path + ": model.weights.h5");
    weights.remove_name();
    load_state(*model, file.root(), path);
    return model;
  } catch (const json::exception& error) {
    raise<ValueError>("{}: config.json is not a model's configuration: {}", path, error.what());
  } catch (const ValueError& error) {
    raise<ValueError>("{}: {}", path, error.what());
  }
}

}  // namespace shoal
