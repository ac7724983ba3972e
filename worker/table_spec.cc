#include "worker/table_spec.h"

#include <algorithm>

#include "common/optim/norms.h"

namespace shoal::worker {
namespace {

// A step over a slow link is longer than its traffic by about one slice; a small slice costs more than its share.
constexpr std::size_t kSlices = 32, kSmallSlice = 64 << 10;

}  // namespace

ps::Client::TableSpec table_spec(const ParameterSpace& space, const nlohmann::json& rule,
                                 const UpdaterOptions& options) {
  ps::Client::TableSpec spec{.id = options.table,
                             .variable_sizes = {},
                             .element_bytes = size_of(space.dtype()),
                             .rule = rule.is_null() ? std::string(ps::kNoRule) : rule.dump(),
                             .max_slice_bytes = options.max_slice_bytes};
  std::size_t bytes = 0;
  for (const auto& entry : space.entries()) {
    spec.variable_sizes.push_back(entry.size);
    bytes += entry.size * spec.element_bytes;
  }
  spec.max_slice_bytes = std::min(spec.max_slice_bytes, std::max(bytes / kSlices, kSmallSlice));
  const auto limited = [&](const char* key) { return rule.contains(key) && !rule[key].is_null(); };
  if (limited("clipnorm") || limited("global_clipnorm")) {
    spec.norm_block = optim::kNormBlock;
    spec.max_slice_bytes = std::max(spec.max_slice_bytes, spec.norm_block * spec.element_bytes);
  }
  return spec;
}

optim::Common common_of(const nlohmann::json& rule) {
  return rule.is_null() ? optim::Common() : optim::make_rule(rule)->common();
}

}  // namespace shoal::worker
