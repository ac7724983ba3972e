#include "model/saving/keras_config.h"

#include <string>

#include "common/base/error.h"
#include "model/functional/layer_object.h"
#include "model/functional/sequential.h"

namespace shoal::saving {

using nlohmann::json;

namespace {

// A Sequential that was built without an input layer says here what it was built for.
json with_build_shape(const json& model) {
  json config = model.at("config");
  if (config.is_array()) config = {{"layers", config}};  // Keras 2.0 to 2.2
  if (config.value("build_input_shape", json()).is_null() && model.contains("build_config"))
    config["build_input_shape"] = model["build_config"].value("input_shape", json());
  return config;
}

}  // namespace

json plain_name(const json& value) {
  if (value.is_object() && value.value("class_name", "") == "function" && value.contains("config") &&
      value["config"].is_string())
    return value["config"];
  return value;
}

std::unique_ptr<Model> model_from_keras(const json& model) {
  const std::string class_name = model.at("class_name");
  if (!functional::is_model_class(class_name))
    raise<ValueError>("model class '{}' is not supported: only Sequential and Functional", class_name);
  std::unique_ptr<Model> result;
  if (class_name == "Sequential")
    result = Sequential::from_config(with_build_shape(model));
  else
    result = std::make_unique<Model>(functional::functional_from_config(model.at("config")));
  if (!result->built()) raise<ValueError>("model '{}': says nothing of its input's shape", result->name());
  return result;
}

}  // namespace shoal::saving
