#include "model/functional/weight_places.h"

#include <fmt/core.h>

#include <map>

#include "model/layers/naming.h"

namespace shoal::functional {

std::vector<std::string> weight_places(const std::vector<Layer>& layers) {
  std::map<std::string, int> used;
  std::vector<std::string> places;
  for (const Layer& layer : layers) {
    const std::string name = layers::snake_case(layer->class_name());
    const int count = used[name]++;
    places.push_back(count > 0 ? fmt::format("layers/{}_{}", name, count) : fmt::format("layers/{}", name));
  }
  return places;
}

}  // namespace shoal::functional
