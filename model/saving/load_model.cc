#include "model/saving/load_model.h"

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/io/zip.h"
#include "model/saving/compile_config.h"
#include "model/saving/json_text.h"
#include "model/saving/keras_config.h"
#include "model/saving/legacy_h5.h"
#include "model/saving/weights_file.h"
#include "model/train/run_context.h"
#include "model/train/state.h"

namespace shoal {

namespace {

using nlohmann::json;

constexpr std::uint64_t kMostConfigBytes = std::uint64_t{256} << 20;

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
  const std::size_t scalars = model.optimizer().has_schedule() ? 1 : 2;
  const std::string mismatch = saving::optimizer_mismatch(root, model);
  if (mismatch.empty()) {
    saving::read_optimizer(root, model, train::run_context().is_chief());
  } else if (root.group("optimizer/vars").names().size() > scalars) {  // else Keras had not used it: there is no state
    log::warning("{}: the optimizer's state is not loaded: {}", path, mismatch);
  }
}

}  // namespace

std::unique_ptr<Model> load_model(const std::string& path, const LoadOptions& options) {
  if (path.ends_with(".weights.h5")) raise<ValueError>("{}: holds weights alone, which load_weights reads", path);
  if (path.ends_with(".h5") || path.ends_with(".hdf5")) return saving::load_legacy_model(path, options);
  const io::ZipReader zip(path);
  const json config = saving::parse_json(zip.read("config.json", kMostConfigBytes), path + ": config.json");
  try {
    auto model = saving::model_from_keras(config);
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
