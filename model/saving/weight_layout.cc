#include "model/saving/weight_layout.h"

#include <algorithm>
#include <map>
#include <set>

#include "common/base/error.h"
#include "model/layers/naming.h"

namespace shoal::saving {

std::vector<LayerPlace> weight_layout(const Model& model) {
  std::vector<LayerPlace> places;
  std::map<std::string, int> used;
  std::set<const LayerImpl*> seen;
  for (const Layer& layer : model.layers()) {
    std::string name = layers::snake_case(layer->class_name());
    if (const int count = used[name]++; count > 0) name += fmt::format("_{}", count);
    if (!seen.insert(layer.impl().get()).second) continue;  // shared: stored where it stands first
    std::vector<Variable> variables = layer->weights();
    std::stable_partition(variables.begin(), variables.end(), [](const Variable& v) { return v.trainable(); });
    places.push_back({fmt::format("layers/{}/vars", name), layer->name(), std::move(variables)});
  }
  return places;
}

hdf5::Type file_type(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
      return hdf5::Type::kFloat32;
    case DType::kFloat64:
      return hdf5::Type::kFloat64;
    case DType::kInt32:
      return hdf5::Type::kInt32;
    case DType::kInt64:
      return hdf5::Type::kInt64;
    case DType::kUInt8:
    case DType::kBool:
      break;
  }
  return hdf5::Type::kUInt8;
}

std::vector<std::uint64_t> file_dims(const Shape& shape) { return {shape.dims().begin(), shape.dims().end()}; }

}  // namespace shoal::saving
