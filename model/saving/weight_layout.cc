#include "model/saving/weight_layout.h"

#include <algorithm>
#include <set>

namespace shoal::saving {
namespace {

using Seen = std::set<const LayerImpl*>;

void collect(const LayerImpl& layer, const std::string& path, Seen& seen, std::vector<LayerPlace>& places) {
  std::vector<Variable> variables = layer.own_weights();
  std::stable_partition(variables.begin(), variables.end(), [](const Variable& v) { return v.trainable(); });
  places.push_back({path + "vars", layer.name(), std::move(variables)});
  for (const auto& [attribute, inner] : layer.sublayers())
    if (seen.insert(inner.get()).second) collect(*inner, path + attribute + "/", seen, places);
}

}  // namespace

std::vector<LayerPlace> weight_layout(const Model& model) {
  std::vector<LayerPlace> places;
  Seen seen;
  collect(*model.network(), "", seen, places);
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
