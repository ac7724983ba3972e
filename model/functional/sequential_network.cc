#include "model/functional/sequential_network.h"

#include "common/base/error.h"
#include "model/functional/layer_object.h"
#include "model/functional/weight_places.h"
#include "model/layers/config.h"
#include "model/layers/input.h"
#include "model/layers/naming.h"

namespace shoal {
namespace {

using json = nlohmann::json;

Shape with_batch(const Shape& row) {
  std::vector<std::int64_t> dims = row.dims();
  dims.insert(dims.begin(), kRows);
  return Shape(std::move(dims));
}

// Keras 2 gives the input's shape in the first layer.
Shape shape_in(const json& config, const char* key) {
  const json shape = config.is_object() ? config.value(key, json()) : json();
  return shape.is_null() ? Shape() : with_batch(layers::read_row_shape("Sequential", shape));
}

// Asks what a layer of one input and one output says of itself.
std::vector<Shape> shapes_after(const Layer& layer, const std::vector<Shape>& inputs) {
  if (inputs.size() == 1) return {layer->compute_output_shape(inputs.front())};
  return layer->compute_output_shapes(inputs);
}

}  // namespace

void SequentialImpl::add(const Layer& layer) {
  if (!layer.impl()) raise("Sequential '{}': add() received an empty layer", name());
  if (layer->class_name() == "InputLayer") {
    if (!layers_.empty() || input_shape_.rank() > 0)
      raise("Sequential '{}': an input layer may only stand first, received '{}' after {} layers", name(),
            layer->name(), layers_.size());
    input_ = layer;
    input_shape_ = with_batch(layer->input_shape_option());
    output_shapes_ = {input_shape_};
    return;
  }
  for (const Layer& other : layers_)
    if (other->name() == layer->name() && !(other == layer))
      raise("Sequential '{}': layer names must differ, received a second '{}'", name(), layer->name());
  std::vector<Shape> before = output_shapes_;
  if (layers_.empty() && before.empty()) {
    const auto* model = dynamic_cast<const NetworkImpl*>(layer.impl().get());
    if (layer->input_shape_option().rank() > 0) before = {with_batch(layer->input_shape_option())};
    if (model != nullptr) before = model->input_shapes();
    if (before.size() == 1) input_shape_ = before.front();
  }
  if (!before.empty()) output_shapes_ = build_layer(layer, before);
  if (layers_.empty()) set_dtype(layer->dtype());
  layers_.push_back(layer);
  add_sublayer(functional::weight_places(layers_).back(), layer.impl());
}

void SequentialImpl::pop() {
  if (layers_.empty()) raise("Sequential '{}': there is no layer to pop", name());
  layers_.pop_back();
  pop_sublayer();
  output_shapes_ = input_shapes();
  if (!output_shapes_.empty())
    for (const Layer& layer : layers_) output_shapes_ = shapes_after(layer, output_shapes_);
}

std::vector<Shape> SequentialImpl::build_layer(const Layer& layer, const std::vector<Shape>& inputs) {
  const bool was_built = layer->built();
  layer->ensure_built(inputs);
  const std::vector<Shape> outputs = shapes_after(layer, inputs);
  if (!was_built)
    for (Variable variable : layer->weights()) variable.set_path(name() + "/" + variable.path());
  return outputs;
}

std::vector<Shape> SequentialImpl::input_shapes() const {
  return input_shape_.rank() > 0 ? std::vector<Shape>{input_shape_} : std::vector<Shape>{};
}

std::vector<std::string> SequentialImpl::input_names() const {
  return {input_.impl() ? input_->name() : "input_layer"};
}

std::vector<std::string> SequentialImpl::output_names() const {
  return {layers_.empty() ? input_names().front() : layers_.back()->name()};
}

bool SequentialImpl::takes_integers() const {
  if (input_.impl() && input_->takes_integers()) return true;
  return !layers_.empty() && layers_.front()->takes_integers();
}

DType SequentialImpl::input_dtype(std::size_t, DType given) const {
  const bool integers = input_.impl() && input_->takes_integers();
  if (integers) return input_->dtype();
  if (takes_integers() && !is_floating(given)) return given;
  return layers_.empty() ? floatx() : layers_.front()->dtype();
}

void SequentialImpl::check_input(const Shape& input) const {
  std::vector<std::int64_t> dims = input.dims();
  if (!dims.empty()) dims[0] = kRows;
  if (input_shape_.rank() > 0 && Shape(dims) != input_shape_)
    raise("Sequential '{}': it was built for input of shape {}, received {}", name(), input_shape_.to_string(),
          input.to_string());
}

void SequentialImpl::build_all(const std::vector<Shape>& inputs) {
  if (layers_.empty()) raise("Sequential '{}': it has no layers to build", name());
  if (input_shape_.rank() > 0) return;  // built as its layers were added
  std::vector<Shape> shapes = inputs;
  for (const Layer& layer : layers_) shapes = build_layer(layer, shapes);
  output_shapes_ = shapes;
  input_shape_ = inputs.at(0);
}

std::vector<Tensor> SequentialImpl::call_all(const std::vector<Tensor>& inputs, const CallOptions& options) {
  std::vector<Tensor> values = inputs;
  CallOptions first = options;  // a mask from outside is the first layer's
  for (const Layer& layer : layers_) {
    values = layer.call(values, first);
    first = {.training = options.training};
  }
  return values;
}

json SequentialImpl::config() const {
  json entries = json::array();
  const DType dtype = layers_.empty() ? floatx() : layers_.front()->dtype();
  if (input_.impl()) {
    entries.push_back(functional::layer_to_object(input_));
  } else if (input_shape_.rank() > 0) {
    entries.push_back({{"module", "keras.layers"},
                       {"class_name", "InputLayer"},
                       {"config",
                        {{"batch_shape", layers::shape_to_json(input_shape_)},
                         {"dtype", name_of(dtype)},
                         {"sparse", false},
                         {"name", "input_layer"}}},
                       {"registered_name", nullptr}});
  }
  for (const Layer& layer : layers_) entries.push_back(functional::layer_to_object(layer));
  json config = {
      {"name", name()}, {"trainable", trainable()}, {"dtype", name_of(dtype)}, {"layers", std::move(entries)}};
  if (input_shape_.rank() > 0) config["build_input_shape"] = layers::shape_to_json(input_shape_);
  return config;
}

std::shared_ptr<NetworkImpl> functional::sequential_from_config(const json& given) {
  const json config = given.is_array() ? json{{"layers", given}} : given;  // a list: Keras 2.0 to 2.2
  if (!config.is_object() || !config.contains("layers") || !config["layers"].is_array())
    raise("Sequential: the config needs a list of layers, received {}", given.dump());
  const json name = config.value("name", json(""));
  const bool named = name.is_string() && !name.get<std::string>().empty();
  auto stack = std::make_shared<SequentialImpl>(named ? name.get<std::string>() : layers::unique_name("Sequential"));
  Shape shape = shape_in(config, "build_input_shape");
  for (const json& entry : config["layers"]) {
    const Layer layer = layer_from_object(entry);
    if (stack->layers().empty() && stack->input_shapes().empty())
      if (const Shape own = shape_in(entry.value("config", json()), "batch_input_shape"); own.rank() > 0) shape = own;
    stack->add(layer);
  }
  if (stack->input_shapes().empty() && shape.rank() > 0 && !stack->layers().empty()) stack->ensure_built(shape);
  if (config.value("trainable", json(true)) == false) stack->set_trainable(false);
  return stack;
}

}  // namespace shoal
