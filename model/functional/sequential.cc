#include "model/functional/sequential.h"

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/layers/config.h"
#include "model/layers/input.h"
#include "model/layers/naming.h"
#include "model/layers/registry.h"
#include "model/train/state.h"

namespace shoal {
namespace {

using json = nlohmann::json;

bool is_input(const Layer& layer) { return layer->class_name() == "InputLayer"; }

Shape with_batch(const Shape& row) {
  std::vector<std::int64_t> dims = row.dims();
  dims.insert(dims.begin(), kRows);
  return Shape(std::move(dims));
}

// The object around a config, as Keras 3 writes it; a person's own classes carry their registered name.
json to_object(const Layer& layer) {
  const std::string class_name = layer->class_name();
  const bool own = !layers::is_built_in(class_name);
  json object = {{"module", own ? json() : json("keras.layers")},
                 {"class_name", class_name},
                 {"config", layer->config()},
                 {"registered_name", own ? json(class_name) : json()}};
  if (!layer->weights().empty())
    object["build_config"] = {{"input_shape", layers::shape_to_json(layer->build_shape())}};
  return object;
}

Layer from_object(const json& object) {
  if (!object.is_object() || !object.contains("class_name") || !object["class_name"].is_string())
    raise("Sequential: a layer in the config needs a class_name, received {}", object.dump());
  return layers::layer_from_config(object["class_name"].get<std::string>(), object.value("config", json::object()));
}

}  // namespace

Sequential::Sequential(std::vector<Layer> layers, std::string name)
    : Model(name.empty() ? layers::unique_name("Sequential") : std::move(name)) {
  for (const Layer& layer : layers) add(layer);
}

void Sequential::add(const Layer& layer) {
  if (!layer.impl()) raise("Sequential '{}': add() received an empty layer", name());
  if (is_input(layer)) {
    if (!layers_.empty() || input_shape_.rank() > 0)
      raise("Sequential '{}': an input layer may only stand first, received '{}' after {} layers", name(),
            layer->name(), layers_.size());
    input_name_ = layer->name();
    input_shape_ = with_batch(layer->input_shape_option());
    return;
  }
  for (const Layer& other : layers_)
    if (other->name() == layer->name() && !(other == layer))
      raise("Sequential '{}': layer names must differ, received a second '{}'", name(), layer->name());
  const bool starts = layers_.empty() && input_shape_.rank() == 0 && layer->input_shape_option().rank() > 0;
  const Shape before = starts ? with_batch(layer->input_shape_option()) : output_shape();
  if (before.rank() > 0) output_shape_ = build_layer(layer, before);
  if (starts) input_shape_ = before;
  layers_.push_back(layer);
  state().programs.clear();  // they were traced without it
}

void Sequential::pop() {
  if (layers_.empty()) raise("Sequential '{}': there is no layer to pop", name());
  layers_.pop_back();
  state().programs.clear();
  output_shape_ = input_shape_;
  if (input_shape_.rank() > 0)
    for (const Layer& layer : layers_) output_shape_ = layer->compute_output_shape(output_shape_);
}

Shape Sequential::output_shape() const { return layers_.empty() ? input_shape_ : output_shape_; }

Shape Sequential::build_layer(const Layer& layer, const Shape& input) {
  const bool was_built = layer->built();
  layer->ensure_built(input);
  const Shape output = layer->compute_output_shape(input);
  if (!was_built)
    for (Variable variable : layer->weights()) variable.set_path(name() + "/" + variable.path());
  return output;
}

void Sequential::build(const Shape& input) {
  if (built()) {
    if (input != input_shape_)
      raise("Sequential '{}': it was built for input of shape {}, received {}", name(), input_shape_.to_string(),
            input.to_string());
    return;
  }
  if (layers_.empty()) raise("Sequential '{}': it has no layers to build", name());
  Shape shape = input;
  for (const Layer& layer : layers_) shape = build_layer(layer, shape);
  output_shape_ = shape;
  input_shape_ = input;
}

Tensor Sequential::call(const Tensor& x, bool training) {
  Tensor y = x;
  for (const Layer& layer : layers_) y = layer(y, training);
  return y;
}

json Sequential::get_config() const {
  json entries = json::array();
  const DType dtype = layers_.empty() ? floatx() : layers_.front()->dtype();
  if (input_shape_.rank() > 0)
    entries.push_back({{"module", "keras.layers"},
                       {"class_name", "InputLayer"},
                       {"config",
                        {{"batch_shape", layers::shape_to_json(input_shape_)},
                         {"dtype", name_of(dtype)},
                         {"sparse", false},
                         {"name", input_name_.empty() ? "input_layer" : input_name_}}},
                       {"registered_name", nullptr}});
  for (const Layer& layer : layers_) entries.push_back(to_object(layer));
  json config = {{"name", name()}, {"trainable", true}, {"dtype", name_of(dtype)}, {"layers", std::move(entries)}};
  if (input_shape_.rank() > 0) config["build_input_shape"] = layers::shape_to_json(input_shape_);
  return config;
}

std::unique_ptr<Sequential> Sequential::from_config(const json& config) {
  if (!config.is_object() || !config.contains("layers") || !config["layers"].is_array())
    raise("Sequential: the config needs a list of layers, received {}", config.dump());
  const json name = config.value("name", json(""));
  auto model = std::make_unique<Sequential>(std::vector<Layer>{}, name.is_string() ? name.get<std::string>() : "");
  json shape = config.value("build_input_shape", json());
  for (const json& entry : config["layers"]) {
    const Layer layer = from_object(entry);
    const json inner = entry.value("config", json::object());
    if (!model->built() && model->layers().empty() && inner.is_object() && inner.contains("batch_input_shape"))
      shape = inner["batch_input_shape"];  // as Keras 2 gives it, in the first layer
    model->add(layer);
  }
  if (!model->built() && !shape.is_null() && !model->layers().empty())
    model->build(with_batch(layers::read_row_shape("Sequential", shape)));
  return model;
}

}  // namespace shoal
