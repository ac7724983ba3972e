#include "model/saving/legacy_h5.h"

#include <algorithm>
#include <set>
#include <vector>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/io/hdf5.h"
#include "model/saving/compile_config.h"
#include "model/saving/json_text.h"
#include "model/saving/keras_config.h"
#include "model/saving/weight_layout.h"
#include "model/train/state.h"

namespace shoal::saving {
namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

// A list that does not fit in one attribute is cut into name0, name1, ...
Names read_names(const hdf5::Group& group, const std::string& name) {
  if (const auto whole = group.attribute(name)) return *whole;
  Names names;
  for (int piece = 0;; ++piece) {
    const auto part = group.attribute(fmt::format("{}{}", name, piece));
    if (!part) return names;
    names.insert(names.end(), part->begin(), part->end());
  }
}

json read_config(const hdf5::Group& root, const std::string& name, const std::string& path) {
  const auto text = root.attribute(name);
  return text && text->size() == 1 ? parse_json(text->front(), path + ": " + name) : json();
}

// Those of layers within follow; what a layer shares with one before it is stored again.
std::vector<Variable> variables_of(const Layer& layer) {
  std::vector<Variable> variables = layer->weights();
  std::stable_partition(variables.begin(), variables.end(), [](const Variable& v) { return v.trainable(); });
  return variables;
}

struct Stored {
  std::string layer;
  Names weights;
};

std::vector<Stored> stored_layers(const hdf5::Group& weights) {
  std::vector<Stored> layers;
  for (const std::string& name : read_names(weights, "layer_names"))
    if (Names names = read_names(weights.group(name), "weight_names"); !names.empty())
      layers.push_back({name, std::move(names)});
  return layers;
}

void check(const hdf5::Group& group, const Stored& stored, const Layer& layer, const std::vector<Variable>& variables) {
  if (stored.weights.size() != variables.size())
    raise("layer '{}': has {} variables, received {} from {}", layer->name(), variables.size(), stored.weights.size(),
          group.place());
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const hdf5::Dataset dataset = group.dataset(stored.weights[i]);
    if (dataset.dims() != file_dims(variables[i].shape()))
      raise("layer '{}': '{}' must have shape {}, received {} from {}", layer->name(), variables[i].name(),
            variables[i].shape().to_string(), Shape({dataset.dims().begin(), dataset.dims().end()}).to_string(),
            dataset.place());
  }
}

void load_weights(Model& model, const hdf5::Group& weights) {
  std::vector<Layer> layers;
  std::set<const LayerImpl*> seen;
  for (const Layer& layer : model.layers())
    if (!layer->weights().empty() && seen.insert(layer.impl().get()).second) layers.push_back(layer);
  const std::vector<Stored> stored = stored_layers(weights);
  if (stored.size() != layers.size())
    raise("model '{}': has {} layers with weights, received {} from {}", model.name(), layers.size(), stored.size(),
          weights.place());
  for (const bool write : {false, true})  // nothing changes before everything is checked
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const std::vector<Variable> variables = variables_of(layers[i]);
      const hdf5::Group group = weights.group(stored[i].layer);
      if (!write) check(group, stored[i], layers[i], variables);
      for (std::size_t j = 0; write && j < variables.size(); ++j) {
        const hdf5::Dataset dataset = group.dataset(stored[i].weights[j]);
        dataset.read(file_type(variables[j].dtype()), 0, dataset.elements(), variables[j].data());
      }
    }
}

void try_compile(Model& model, json config, const std::string& path) {
  if (config.is_null()) return;
  try {
    config["optimizer"] = config.at("optimizer_config");
    compile_from_config(model, config);
  } catch (const ValueError& error) {
    log::warning("{}: the model is not compiled: {}", path, error.what());
  } catch (const json::exception& error) {
    log::warning("{}: the model is not compiled: {}", path, error.what());
  }
}

}  // namespace

std::unique_ptr<Model> load_legacy_model(const std::string& path, const LoadOptions& options) {
  const hdf5::File file = hdf5::File::open(path);
  const hdf5::Group root = file.root();
  const json config = read_config(root, "model_config", path);
  if (config.is_null()) raise<ValueError>("{}: holds no model: it has no model_config", path);
  try {
    auto model = model_from_keras(config);
    load_weights(*model, root.group("model_weights"));
    if (options.compile) try_compile(*model, read_config(root, "training_config", path), path);
    if (model->compiled() && root.has("optimizer_weights"))
      log::warning("{}: the optimizer starts afresh: its state in a .h5 is not read", path);
    model->state().published = false;
    return model;
  } catch (const json::exception& error) {
    raise<ValueError>("{}: model_config is not a model's configuration: {}", path, error.what());
  } catch (const ValueError& error) {
    raise<ValueError>("{}: {}", path, error.what());
  }
}

}  // namespace shoal::saving
