// Model::save: a zip of metadata.json, config.json and model.weights.h5, all stored.
#include <ctime>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/io/atomic_file.h"
#include "common/io/zip.h"
#include "model/functional/layer_object.h"
#include "model/layers/config.h"
#include "model/saving/compile_config.h"
#include "model/saving/weights_file.h"
#include "model/train/run_context.h"

namespace shoal {

namespace {

using nlohmann::json;

// The dialect that is written: keys that every Keras from 3.0 on reads.
constexpr const char* kKerasVersion = "3.8.0";

json metadata() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%d@%H:%M:%S", &local);
  return {{"keras_version", kKerasVersion}, {"date_saved", date}};
}

json model_config(Model& model) {
  json config = functional::layer_to_object(model);
  if (model.class_name() == "Sequential")
    config["build_config"] = {{"input_shape", layers::shape_to_json(model.input_shape())}};
  if (!model.compiled()) return config;
  if (json compile = saving::compile_config(model); !compile.is_null()) {
    config["compile_config"] = std::move(compile);
  } else {
    log::warning("save: the loss is a function of one's own: the file says nothing of how '{}' was compiled",
                 model.name());
  }
  return config;
}

}  // namespace

void Model::save(const std::string& path) {
  if (!path.ends_with(".keras")) raise<ValueError>("save: the file's name must end in .keras, received '{}'", path);
  if (!built()) raise<ValueError>("save: model '{}' must be built", name());
  if (compiled()) updater().all_current();
  if (!train::run_context().is_chief()) return;
  io::AtomicFile target(path);
  const io::AtomicFile weights(path + ".weights.h5");  // only its temporary
  hdf5::File file = hdf5::File::create(weights.temporary());
  saving::write_state(file.root(), *this);
  file.close();
  io::ZipWriter zip(target.temporary());
  zip.add("metadata.json", metadata().dump());
  zip.add("config.json", model_config(*this).dump());
  zip.add_file("model.weights.h5", weights.temporary());
  zip.close();
  target.commit();
}

}  // namespace shoal
