#include "model/saving/functional_chain.h"

#include <map>
#include <string>

#include "common/base/error.h"

namespace shoal::saving {

using nlohmann::json;

namespace {

// Names of the layers whose outputs stand anywhere in a node's arguments (Keras 3).
void collect_sources(const json& value, std::vector<std::string>& sources) {
  if (value.is_object() && value.value("class_name", "") == "__keras_tensor__") {
    sources.push_back(value.at("config").at("keras_history").at(0));
  } else if (value.is_structured()) {
    for (const json& part : value) collect_sources(part, sources);
  }
}

std::vector<std::string> sources_of(const json& node) {
  std::vector<std::string> sources;
  if (node.is_object()) {
    collect_sources(node, sources);
  } else {  // Keras 2: a list of ["layer", node, tensor, {...}]
    for (const json& source : node) sources.push_back(source.at(0));
  }
  return sources;
}

// ["dense", 0, 0], [["dense", 0, 0]] -> "dense"
std::string only_end(const json& ends, const char* what) {
  const json& end = ends.is_array() && ends.size() == 1 ? ends[0] : ends;
  if (!end.is_array() || end.size() != 3 || !end[0].is_string())
    raise<ValueError>("functional model: must have one {} to be loaded, received {}", what, ends.dump());
  return end[0];
}

}  // namespace

std::vector<json> functional_chain(const json& config) {
  std::map<std::string, const json*> layers;
  std::map<std::string, std::string> next;
  for (const json& layer : config.at("layers")) {
    const std::string name = layer.contains("name") ? layer["name"] : layer.at("config").at("name");
    layers[name] = &layer;
    const json& nodes = layer.at("inbound_nodes");
    if (nodes.size() > 1)
      raise<ValueError>("layer '{}': is used {} times; only chains can be loaded", name, nodes.size());
    for (const json& node : nodes) {
      const auto sources = sources_of(node);
      if (sources.size() != 1)
        raise<ValueError>("layer '{}': has {} inputs; only chains can be loaded", name, sources.size());
      if (!next.emplace(sources[0], name).second)
        raise<ValueError>("layer '{}': its output is used by '{}' and '{}'; only chains can be loaded", sources[0],
                          next[sources[0]], name);
    }
  }
  std::vector<json> chain;
  std::string name = only_end(config.at("input_layers"), "input");
  const std::string output = only_end(config.at("output_layers"), "output");
  while (layers.contains(name) && chain.size() < layers.size()) {
    chain.push_back(*layers[name]);
    if (name == output) break;
    name = next.contains(name) ? next[name] : "";
  }
  if (name != output || chain.size() != layers.size())
    raise<ValueError>("functional model: its {} layers must form one chain from input to output '{}'", layers.size(),
                      output);
  return chain;
}

}  // namespace shoal::saving
