#include "model/layers/registry.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>

#include "common/base/error.h"
#include "model/layers/layers.h"

namespace shoal::layers {
namespace {

std::mutex mutex;

constexpr std::pair<const char*, Layer (*)(const nlohmann::json&)> kBuiltIn[] = {
    {"Activation", activation_from_config},
    {"Conv2D", conv2d_from_config},
    {"Dense", dense_from_config},
    {"Dropout", dropout_from_config},
    {"Flatten", flatten_from_config},
    {"InputLayer", input_from_config},
    {"MaxPooling2D", max_pooling2d_from_config},
    {"Rescaling", rescaling_from_config},
};

std::map<std::string, Factory>& table() {
  static std::map<std::string, Factory> rows(std::begin(kBuiltIn), std::end(kBuiltIn));
  return rows;
}

}  // namespace

bool is_built_in(const std::string& class_name) {
  return std::ranges::any_of(kBuiltIn, [&](const auto& row) { return class_name == row.first; });
}

std::vector<std::string> registered_layers() {
  const std::lock_guard lock(mutex);
  std::vector<std::string> names;
  for (const auto& row : table()) names.push_back(row.first);
  return names;
}

Layer layer_from_config(const std::string& class_name, const nlohmann::json& config) {
  Factory factory;
  {
    const std::lock_guard lock(mutex);
    const auto row = table().find(class_name);
    if (row != table().end()) factory = row->second;
  }
  if (!factory) raise("unknown layer class '{}'; registered: {}", class_name, fmt::join(registered_layers(), ", "));
  return factory(config);
}

void register_layer(const std::string& class_name, Factory factory) {
  const std::lock_guard lock(mutex);
  if (!table().emplace(class_name, std::move(factory)).second)
    raise("register_layer: a layer class '{}' is registered already", class_name);
}

}  // namespace shoal::layers
