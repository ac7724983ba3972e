#include "model/layers/bidirectional.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/layers/config.h"
#include "model/layers/inner_layer.h"
#include "model/layers/registry.h"

namespace shoal::layers {
namespace {

using json = nlohmann::json;

json checked_config(const Layer& layer) {
  json config = layer.impl() ? layer->get_config() : json();
  if (!config.is_object() || !config.contains("go_backwards") || !config.contains("return_sequences"))
    raise("Bidirectional: needs a recurrent layer, received {}", layer.impl() ? layer->class_name() : "an empty layer");
  return config;
}

bool flag(const json& config, const char* key) { return config.at(key).get<bool>(); }

// A copy of `layer`, without its weights: outputs of masked steps are zeros in a sequence.
std::shared_ptr<LayerImpl> copy_of(const Layer& layer, const std::string& prefix, bool go_backwards) {
  json config = layer->config();
  std::string name = layer->name();
  if (name.starts_with(prefix)) name.erase(0, prefix.size());
  config["name"] = prefix + name;
  config["go_backwards"] = go_backwards;
  config["zero_output_for_mask"] = config["return_sequences"];
  return layer_from_config(layer->class_name(), config).impl();
}

class BidirectionalImpl : public LayerImpl {
 public:
  BidirectionalImpl(const Layer& layer, const BidirectionalOptions& options)
      : LayerImpl(options.name), merge_mode_(options.merge_mode) {
    const json config = checked_config(layer);
    const Layer other = options.backward_layer.value_or(layer);
    const json backward = checked_config(other);
    return_sequences_ = flag(config, "return_sequences");
    check(config, backward, options.backward_layer.has_value());
    set_dtype(layer->dtype());
    input_shape_option_ = options.input_shape.rank() > 0 ? options.input_shape : layer->input_shape_option();
    add_sublayer("forward_layer", copy_of(layer, "forward_", flag(config, "go_backwards")));
    add_sublayer("backward_layer", options.backward_layer ? copy_of(other, "", flag(backward, "go_backwards"))
                                                          : copy_of(layer, "backward_", !flag(config, "go_backwards")));
  }

  std::string class_name() const override { return "Bidirectional"; }
  bool supports_masking() const override { return true; }

  void check_inputs(const std::vector<Shape>& inputs) const override {
    if (inputs.empty() || inputs.size() % 2 == 0)
      raise(
          "layer '{}': Bidirectional takes a sequence and equally many states for both directions, received {} inputs",
          name(), inputs.size());
    require_rank(*this, inputs[0], 3);
    forward().check_inputs(part(inputs, 0));
    backward().check_inputs(part(inputs, 1));
  }

  void build_all(const std::vector<Shape>& inputs) override {
    for (const auto& [attribute, layer] : sublayers()) {
      layer->set_dtype(dtype());
      layer->ensure_built(inputs[0]);
      name_weights_after(name(), *layer);
    }
  }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    std::vector<Tensor> first = direction(forward(), part(inputs, 0), options);
    std::vector<Tensor> second = direction(backward(), part(inputs, 1), options);
    if (return_sequences_) second[0] = ops::flip(second[0], 1);
    std::vector<Tensor> outputs;
    if (merge_mode_) {
      outputs.push_back(merged(first[0], second[0]));
    } else {
      if (const Tensor& mask = options.masks.at(0); mask.defined() && return_sequences_)
        graph::set_mask(second[0], mask);
      outputs = {first[0], second[0]};
    }
    outputs.insert(outputs.end(), first.begin() + 1, first.end());
    outputs.insert(outputs.end(), second.begin() + 1, second.end());
    return outputs;
  }

  Tensor compute_mask(const std::vector<Tensor>& /*inputs*/, const std::vector<Tensor>& masks) const override {
    return return_sequences_ ? masks.at(0) : Tensor();
  }

  json get_config() const override {
    return {{"merge_mode", merge_mode_ ? json(*merge_mode_) : json()},
            {"layer", inner_to_json(forward())},
            {"backward_layer", inner_to_json(backward())}};
  }

 private:
  LayerImpl& forward() const { return *sublayers()[0].second; }
  LayerImpl& backward() const { return *sublayers()[1].second; }

  void check(const json& forward, const json& backward, bool given) const {
    constexpr std::string_view kModes[] = {"concat", "sum", "mul", "ave"};
    if (merge_mode_ && std::ranges::find(kModes, *merge_mode_) == std::end(kModes))
      raise("Bidirectional: merge_mode must be 'concat', 'sum', 'mul', 'ave' or none, received '{}'", *merge_mode_);
    if (!given) return;
    if (flag(forward, "go_backwards") == flag(backward, "go_backwards"))
      raise("Bidirectional: layer and backward_layer must differ in go_backwards, received {} for both",
            flag(forward, "go_backwards"));
    for (const char* key : {"return_sequences", "return_state"})
      if (flag(forward, key) != flag(backward, key))
        raise("Bidirectional: layer and backward_layer must have one {}, received {} and {}", key, flag(forward, key),
              flag(backward, key));
  }

  // The sequence, and the states of one direction.
  template <class Value>
  static std::vector<Value> part(const std::vector<Value>& inputs, std::size_t which) {
    const std::size_t half = (inputs.size() - 1) / 2;
    std::vector<Value> result{inputs[0]};
    const auto begin = inputs.begin() + static_cast<std::ptrdiff_t>(1 + which * half);
    result.insert(result.end(), begin, begin + static_cast<std::ptrdiff_t>(half));
    return result;
  }

  static std::vector<Tensor> direction(LayerImpl& layer, const std::vector<Tensor>& inputs,
                                       const CallOptions& options) {
    CallOptions mine{.training = options.training, .masks = std::vector<Tensor>(inputs.size())};
    mine.masks[0] = options.masks.at(0);
    return layer(inputs, mine);
  }

  Tensor merged(const Tensor& a, const Tensor& b) const {
    if (merge_mode_ == "concat") return ops::concatenate({a, b}, -1);
    if (merge_mode_ == "mul") return a * b;
    return merge_mode_ == "sum" ? a + b : (a + b) / 2.0;
  }

  std::optional<std::string> merge_mode_;
  bool return_sequences_ = false;
};

}  // namespace

Layer Bidirectional(const Layer& layer, const BidirectionalOptions& options) {
  return make_layer<BidirectionalImpl>(layer, options);
}

Layer bidirectional_from_config(const json& config) {
  BidirectionalOptions options;
  const json mode = config.value("merge_mode", json("concat"));
  if (!mode.is_null() && !mode.is_string())
    raise("Bidirectional: merge_mode must be a name or null, received {}", mode.dump());
  options.merge_mode = mode.is_null() ? std::nullopt : std::optional(mode.get<std::string>());
  if (config.contains("backward_layer") && !config["backward_layer"].is_null())
    options.backward_layer = inner_from_json("Bidirectional", config, "backward_layer");
  options.name = read_text("Bidirectional", config, "name", "");
  Layer layer = Bidirectional(inner_from_json("Bidirectional", config, "layer"), options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
