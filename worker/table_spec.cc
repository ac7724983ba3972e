#include "worker/table_spec.h"

#include <algorithm>

#include "common/optim/norms.h"

namespace shoal::worker {

ps::Client::TableSpec table_spec(const ParameterSpace& space, const nlohmann::json& rule,
                                 const UpdaterOptions& options) {
  ps::Client::TableSpec spec{.id = options.table,
                             .variable_sizes = {},
                             .element_bytes = size_of(space.dtype()),
                             .rule = rule.dump(),
                             .max_slice_bytes = options.max_slice_bytes};
  const auto limited = [&](const char* key) { return rule.contains(key) && !rule[key].is_null(); };
  if (limited("clipnorm") || limited("global_clipnorm")) {
    spec.norm_block = optim::kNormBlock;
    spec.max_slice_bytes = std::max(spec.max_slice_bytes, spec.norm_block * spec.element_bytes);
  }
  for (const auto& entry : space.entries()) spec.variable_sizes.push_back(entry.size);
  return spec;
}

}  // namespace shoal::worker
