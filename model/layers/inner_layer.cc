#include "model/layers/inner_layer.h"

#include "common/base/error.h"
#include "model/layers/registry.h"

namespace shoal::layers {

using json = nlohmann::json;

json inner_to_json(const LayerImpl& layer) {
  const std::string class_name = layer.class_name();
  const bool own = !is_built_in(class_name);
  return {{"module", own ? json() : json("keras.layers")},
          {"class_name", class_name},
          {"config", layer.config()},
          {"registered_name", own ? json(class_name) : json()}};
}

Layer inner_from_json(const char* place, const json& config, const char* key) {
  const json object = config.is_object() ? config.value(key, json()) : json();
  if (!object.is_object() || !object.contains("class_name") || !object["class_name"].is_string())
    raise("{}: {} must be an object with class_name and config, received {}", place, key, object.dump());
  return layer_from_config(object["class_name"].get<std::string>(), object.value("config", json::object()));
}

void name_weights_after(const std::string& outer, const LayerImpl& inner) {
  for (Variable variable : inner.weights()) variable.set_path(outer + "/" + variable.path());
}

}  // namespace shoal::layers
