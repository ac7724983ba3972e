#include "model/functional/functional_config.h"

#include <map>

#include "common/base/error.h"
#include "model/functional/layer_object.h"
#include "model/functional/network.h"
#include "model/functional/node_config.h"
#include "model/functional/topology.h"

namespace shoal::functional {
namespace {

using json = nlohmann::json;

bool is_functional(const Layer& layer) { return layer->class_name() == "Functional"; }

// A layer of the file and its calls so far.
struct Made {
  Layer layer;
  std::vector<StoredCall> stored;
  std::vector<NodePtr> calls;
};

class Reader {
 public:
  explicit Reader(const json& config) {
    if (!config.is_object() || !config.value("layers", json()).is_array())
      raise("Functional: the config needs a list of layers, received {}", config.dump());
    for (const json& object : config["layers"]) add(object);
    while (link_some()) {
    }
    for (const Made& made : layers_)
      if (made.calls.size() < made.stored.size())
        raise("functional model: layer '{}' cannot be reached from the inputs: {} of its {} calls have no source",
              made.layer->name(), made.stored.size() - made.calls.size(), made.stored.size());
  }

  // [layer, node, tensor], a list or an object of them.
  std::vector<KerasTensor> ends(const json& value, const char* what) const {
    if (value.is_array() && value.size() == 3 && value[0].is_string()) {
      History history = read_history(value);
      const Made& made = find(history.layer);
      // Here a model counts its calls from one.
      if (is_functional(made.layer) && history.node > 0) --history.node;
      if (!is_there(history)) raise("functional model: {} {} is no call of a layer", what, value.dump());
      return {tensor(history)};
    }
    if (!value.is_structured()) raise("functional model: {} must be tensors' places, received {}", what, value.dump());
    std::vector<KerasTensor> result;
    for (const json& part : value)
      for (const KerasTensor& end : ends(part, what)) result.push_back(end);
    return result;
  }

 private:
  void add(const json& object) {
    Made made;
    made.layer = layer_from_object(object);
    if (object.contains("name") && object["name"].is_string()) made.layer->set_name(object["name"]);
    if (!index_.emplace(made.layer->name(), layers_.size()).second)
      raise("functional model: layer names must differ, received a second '{}'", made.layer->name());
    if (made.layer->class_name() == "InputLayer") {
      made.calls.push_back(input_node(made.layer, made.layer->dtype()));
    } else {
      for (const json& node : object.value("inbound_nodes", json::array()))
        made.stored.push_back(read_call(made.layer, node));
    }
    layers_.push_back(std::move(made));
  }

  // Makes every call whose sources are there; true when there was one.
  bool link_some() {
    bool any = false;
    for (Made& made : layers_)
      while (made.calls.size() < made.stored.size() && link(made)) any = true;
    return any;
  }

  bool link(Made& made) {
    StoredCall& call = made.stored[made.calls.size()];
    if (call.keras2) {
      for (History& source : call.inputs)
        if (is_model_class(find(source.layer).layer->class_name()) && source.node > 0) --source.node;
      call.keras2 = false;
    }
    for (const auto* sources : {&call.inputs, &call.masks})
      for (const History& source : *sources)
        if (!source.layer.empty() && !is_there(source)) return false;
    std::vector<KerasTensor> inputs;
    SymbolicOptions options = {.arguments = call.arguments};
    for (const History& source : call.inputs) inputs.push_back(tensor(source));
    for (const History& source : call.masks)
      options.masks.push_back(source.layer.empty() ? KerasTensor() : tensor(source));
    made.calls.push_back(call_node(made.layer, inputs, options));
    return true;
  }

  const Made& find(const std::string& name) const {
    const auto found = index_.find(name);
    if (found == index_.end()) raise("functional model: there is no layer '{}'", name);
    return layers_[found->second];
  }

  bool is_there(const History& history) const { return history.node < find(history.layer).calls.size(); }

  KerasTensor tensor(const History& history) const {
    const NodePtr& node = find(history.layer).calls.at(history.node);
    if (history.tensor >= node->shapes.size())
      raise("functional model: layer '{}' has {} outputs, received number {}", history.layer, node->shapes.size(),
            history.tensor);
    return KerasTensor::output(node, history.tensor);
  }

  std::vector<Made> layers_;
  std::map<std::string, std::size_t> index_;
};

}  // namespace

json functional_config(const FunctionalParts& parts) {
  std::map<const Node*, std::size_t> number;
  for (const Layer& layer : parts.layers) {
    std::size_t count = 0;
    for (const NodePtr& call : calls_of(layer, parts.nodes)) number[call.get()] = count++;
  }
  const auto position = [&](const KerasTensor& tensor) {
    return json::array({tensor.name(), number.at(tensor.node().get()), tensor.index()});
  };
  json entries = json::array();
  for (const Layer& layer : parts.layers) {
    json entry = layer_to_object(layer);
    entry["name"] = layer->name();
    entry["inbound_nodes"] = json::array();
    for (const NodePtr& call : calls_of(layer, parts.nodes))
      if (!call->is_input()) entry["inbound_nodes"].push_back(write_call(*call, position));
    entries.push_back(std::move(entry));
  }
  const auto ends = [&](const std::vector<KerasTensor>& tensors) {
    json places = json::array();
    for (const KerasTensor& tensor : tensors) {
      json place = position(tensor);
      if (is_functional(tensor.node()->layer)) place[1] = place[1].get<std::size_t>() + 1;
      places.push_back(std::move(place));
    }
    return places;
  };
  return {{"name", parts.name},
          {"trainable", parts.trainable},
          {"layers", std::move(entries)},
          {"input_layers", ends(parts.inputs)},
          {"output_layers", ends(parts.outputs)}};
}

std::shared_ptr<NetworkImpl> functional_from_config(const json& config) {
  const Reader reader(config);
  const json name = config.value("name", json());
  auto network = make_functional(reader.ends(config.value("input_layers", json()), "input_layers"),
                                 reader.ends(config.value("output_layers", json()), "output_layers"),
                                 name.is_string() ? name.get<std::string>() : "");
  if (config.value("trainable", json(true)) == false) network->set_trainable(false);
  return network;
}

}  // namespace shoal::functional
