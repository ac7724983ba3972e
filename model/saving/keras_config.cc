#include "model/saving/keras_config.h"

#include <string>

#include "common/base/error.h"
#include "model/saving/functional_chain.h"

namespace shoal::saving {

using nlohmann::json;

namespace {

// Options that change what any layer computes and that none here has: fine while they are off.
void check_foreign_options(const json& layer) {
  const json& config = layer.at("config");
  for (const char* key : {"quantization_config", "lora_rank", "lora_alpha", "sparse", "ragged", "optional"}) {
    const json value = config.value(key, json());
    if (!value.is_null() && value != false)
      raise<ValueError>("{} '{}': option {} = {} is not supported", layer.at("class_name").get<std::string>(),
                        config.value("name", "?"), key, value.dump());
  }
}

}  // namespace

json plain_name(const json& value) {
  if (value.is_object() && value.value("class_name", "") == "function" && value.contains("config") &&
      value["config"].is_string())
    return value["config"];
  return value;
}

json sequential_config(const json& model) {
  const std::string class_name = model.at("class_name");
  json config = model.at("config");
  if (class_name == "Sequential") {
    if (config.is_array()) config = {{"layers", config}};  // Keras 2.0 to 2.2
  } else if (class_name == "Functional" || class_name == "Model") {
    config = {{"name", config.at("name")}, {"layers", functional_chain(config)}};
  } else {
    raise<ValueError>("model class '{}' is not supported: only Sequential, and Functional when its layers are a chain",
                      class_name);
  }
  for (const json& layer : config.at("layers")) check_foreign_options(layer);
  return config;
}

}  // namespace shoal::saving
