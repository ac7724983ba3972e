#include "model/functional/layer_object.h"

#include "common/base/error.h"
#include "model/functional/network.h"
#include "model/functional/operation_layer.h"
#include "model/layers/config.h"
#include "model/layers/registry.h"

namespace shoal::functional {
namespace {

using json = nlohmann::json;

// Options that change what any layer computes and that none here has: fine while they are off.
void check_foreign_options(const std::string& class_name, const json& config) {
  for (const char* key : {"quantization_config", "lora_rank", "lora_alpha", "sparse", "ragged", "optional"}) {
    const json value = config.value(key, json());
    if (!value.is_null() && value != false)
      raise("{} '{}': option {} = {} is not supported", class_name, config.value("name", "?"), key, value.dump());
  }
}

// Keras 2 gives no module; its operations have nothing of a layer's config.
bool is_operation_object(const std::string& class_name, const json& object, const json& config) {
  const json module = object.value("module", json());
  if (module.is_string()) return module.get<std::string>().starts_with("keras.src.ops");
  return is_operation_class(class_name) && !config.contains("trainable") && !config.contains("dtype");
}

}  // namespace

bool is_model_class(const std::string& class_name) {
  return class_name == "Sequential" || class_name == "Functional" || class_name == "Model";
}

Layer model_from_config(const std::string& class_name, const json& config) {
  if (class_name == "Sequential") return Layer(sequential_from_config(config));
  return Layer(functional_from_config(config));
}

json layer_to_object(const Layer& layer) {
  const std::string class_name = layer->class_name();
  json object = {{"class_name", class_name}, {"config", layer->config()}};
  if (is_operation(*layer)) {
    object["module"] = operation_module(*layer);
    object["registered_name"] = class_name;
  } else if (class_name == "Functional") {
    object["module"] = "keras.src.models.functional";
    object["registered_name"] = class_name;
  } else if (class_name == "Sequential") {
    object["module"] = "keras";
    object["registered_name"] = nullptr;
  } else {
    const bool own = !layers::is_built_in(class_name);
    object["module"] = own ? json() : json("keras.layers");
    object["registered_name"] = own ? json(class_name) : json();
  }
  if (class_name != "Functional" && !layer->weights().empty() && layer->build_shapes().size() == 1)
    object["build_config"] = {{"input_shape", layers::shape_to_json(layer->build_shape())}};
  return object;
}

Layer layer_from_object(const json& object) {
  if (!object.is_object() || !object.contains("class_name") || !object["class_name"].is_string())
    raise("a layer in a config needs a class_name, received {}", object.dump());
  const auto class_name = object["class_name"].get<std::string>();
  const json config = object.value("config", json::object());
  if (is_model_class(class_name)) return model_from_config(class_name, config);
  if (is_operation_object(class_name, object, config)) return operation_from_config(class_name, config);
  if (config.is_object()) check_foreign_options(class_name, config);
  return layers::layer_from_config(class_name, config);
}

}  // namespace shoal::functional
