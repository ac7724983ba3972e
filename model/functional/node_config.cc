#include "model/functional/node_config.h"

#include <algorithm>
#include <array>

#include "common/base/error.h"
#include "model/functional/operation_layer.h"
#include "model/layers/config.h"

namespace shoal::functional {
namespace {

using json = nlohmann::json;

// How layers with several inputs take them: as arguments one by one, or the first and its states; all others as a list.
bool takes_arguments(const LayerImpl& layer) {
  return layer.class_name() == "MultiHeadAttention" || layer.class_name() == "GroupedQueryAttention";
}
bool takes_states(const LayerImpl& layer) {
  constexpr std::array kClasses = {"RNN", "SimpleRNN", "LSTM", "GRU", "Bidirectional", "ConvLSTM1D", "ConvLSTM2D"};
  return std::ranges::find(kClasses, layer.class_name()) != kClasses.end();
}

bool is_tensor(const json& value) { return value.is_object() && value.value("class_name", "") == "__keras_tensor__"; }

bool is_keras2_tensor(const json& value) {
  return value.is_array() && value.size() == 3 && value[0].is_string() && value[1].is_number_integer();
}

bool holds_tensor(const json& value) {
  if (is_tensor(value)) return true;
  return value.is_structured() && std::ranges::any_of(value, holds_tensor);
}

void collect(const json& value, std::vector<History>& found) {
  if (is_tensor(value))
    found.push_back(read_history(value.at("config").at("keras_history")));
  else if (value.is_structured())
    for (const json& part : value) collect(part, found);
}

// Arguments of an operation: numbers and tensors in their order.
json operands_of(const Layer& layer, const json& args, std::vector<History>& inputs) {
  json operands = json::array();
  for (const json& argument : args) {
    if (is_tensor(argument)) {
      operands.push_back({{"tensor", inputs.size()}});
      collect(argument, inputs);
    } else if (argument.is_number()) {
      operands.push_back(argument);
    } else {
      raise("operation '{}': an operand must be a tensor or a number, received {}", layer->name(), argument.dump());
    }
  }
  return operands;
}

void set_mask(StoredCall& call, std::size_t input, const json& mask) {
  if (call.masks.size() < call.inputs.size()) call.masks.resize(call.inputs.size());
  std::vector<History> found;
  collect(mask, found);
  if (input < call.masks.size() && !found.empty()) call.masks[input] = found.front();
}

// The last of query, value, key and attention mask: the value stands for a key that is not given.
void add_attention_mask(const History& mask, StoredCall& call) {
  if (call.inputs.size() == 2) call.inputs.push_back(call.inputs[1]);
  call.inputs.push_back(mask);
  if (!call.masks.empty()) call.masks.resize(call.inputs.size());
}

void read_keyword(const Layer& layer, const std::string& key, const json& value, StoredCall& call) {
  if (value.is_null() || key == "training") return;
  if (!holds_tensor(value)) {
    call.arguments[key] = value;
    return;
  }
  if (key == "mask" && value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) set_mask(call, i, value[i]);
    return;
  }
  constexpr std::array kMasks = {"mask", "query_mask", "value_mask", "key_mask"};
  for (std::size_t i = 0; i < kMasks.size(); ++i)
    if (key == kMasks[i]) return set_mask(call, i == 0 ? 0 : i - 1, value);
  if (key == "attention_mask" && takes_arguments(*layer) && is_tensor(value)) {
    add_attention_mask(read_history(value.at("config").at("keras_history")), call);
    return;
  }
  raise("layer '{}': a tensor as argument '{}' of its call is not supported", layer->name(), key);
}

json tensor_object(const KerasTensor& tensor, const Position& position) {
  return {{"class_name", "__keras_tensor__"},
          {"config",
           {{"shape", layers::shape_to_json(tensor.shape())},
            {"dtype", name_of(tensor.dtype())},
            {"keras_history", position(tensor)}}}};
}

}  // namespace

History read_history(const json& value) {
  if (!value.is_array() || value.size() < 3 || !value[0].is_string() || !value[1].is_number_integer() ||
      !value[2].is_number_integer() || value[1] < 0 || value[2] < 0)
    raise("a tensor's place in a model is [layer, node, tensor], received {}", value.dump());
  return {value[0].get<std::string>(), value[1].get<std::size_t>(), value[2].get<std::size_t>()};
}

StoredCall read_call(const Layer& layer, const json& node) {
  StoredCall call;
  if (node.is_array()) {
    call.keras2 = true;
    for (const json& source : node) {
      call.inputs.push_back(read_history(source));
      const json arguments = source.size() > 3 ? source[3] : json::object();
      for (const char* key : {"query", "value", "key"})
        if (is_keras2_tensor(arguments.value(key, json()))) call.inputs.push_back(read_history(arguments[key]));
      for (const auto& [key, value] : arguments.items())
        if (!value.is_null() && key != "training" && !is_keras2_tensor(value)) call.arguments[key] = value;
      if (const json mask = arguments.value("attention_mask", json()); is_keras2_tensor(mask))
        add_attention_mask(read_history(mask), call);
    }
    return call;
  }
  if (!node.is_object())
    raise("layer '{}': a call must be an object or a list, received {}", layer->name(), node.dump());
  const json args = node.value("args", json::array()), keywords = node.value("kwargs", json::object());
  if (is_operation(*layer)) {
    call.arguments["args"] = operands_of(layer, args, call.inputs);
    return call;
  }
  collect(args, call.inputs);
  for (const char* key : {"inputs", "sequences", "query", "value", "key", "initial_state"})
    if (keywords.contains(key)) collect(keywords[key], call.inputs);
  for (const auto& [key, value] : keywords.items()) {
    constexpr std::array kInputs = {"inputs", "sequences", "query", "value", "key", "initial_state"};
    if (std::ranges::find(kInputs, key) == kInputs.end()) read_keyword(layer, key, value, call);
  }
  return call;
}

json write_call(const Node& node, const Position& position) {
  json tensors = json::array(), keywords = json::object();
  for (const KerasTensor& input : node.inputs) tensors.push_back(tensor_object(input, position));
  if (is_operation(*node.layer)) {
    json args = node.arguments.value("args", json());
    if (args.is_null()) return {{"args", tensors}, {"kwargs", keywords}};
    for (json& argument : args)
      if (argument.is_object()) argument = tensors.at(argument.at("tensor").get<std::size_t>());
    return {{"args", args}, {"kwargs", keywords}};
  }
  for (const auto& [key, value] : node.arguments.items()) keywords[key] = value;
  const bool many = takes_arguments(*node.layer);
  for (std::size_t i = 0; i < node.masks.size(); ++i) {
    if (!node.masks[i].defined()) continue;
    constexpr std::array kNames = {"query_mask", "value_mask", "key_mask"};
    const json mask = tensor_object(node.masks[i], position);
    if (many) {
      keywords[kNames.at(i)] = mask;
    } else if (node.inputs.size() == 1 || (i == 0 && takes_states(*node.layer))) {
      keywords["mask"] = mask;
    } else {
      if (!keywords.contains("mask")) keywords["mask"] = json(std::vector<json>(node.inputs.size()));
      keywords["mask"][i] = mask;
    }
  }
  if (many && tensors.size() > 3) {
    keywords["attention_mask"] = tensors[3];
    tensors.erase(3);
  }
  if (many || tensors.size() == 1) return {{"args", tensors}, {"kwargs", keywords}};
  if (takes_states(*node.layer)) {
    keywords["initial_state"] = json(std::vector<json>(tensors.begin() + 1, tensors.end()));
    return {{"args", json::array({tensors[0]})}, {"kwargs", keywords}};
  }
  return {{"args", json::array({tensors})}, {"kwargs", keywords}};
}

}  // namespace shoal::functional
