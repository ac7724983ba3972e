#include "model/saving/optimizer_layout.h"

#include <algorithm>

#include "common/optim/rule.h"

namespace shoal::saving {

OptimizerLayout optimizer_layout(Model& model) {
  const auto rule = optim::make_rule(model.optimizer().rule());
  const auto& entries = model.parameter_space().entries();
  OptimizerLayout layout;
  layout.dtype = model.parameter_space().dtype();
  layout.has_learning_rate = !model.optimizer().has_schedule();
  const std::size_t first = layout.has_learning_rate ? 2 : 1;
  const int together = std::min(rule->slots(), rule->slots_together());
  const auto add = [&](std::size_t index, int slot) {
    layout.slots.push_back({"optimizer/vars/" + std::to_string(layout.slots.size() + first), entries[index].variable,
                            static_cast<int>(index), slot});
  };
  for (std::size_t i = 0; i < entries.size(); ++i)
    for (int slot = 0; slot < together; ++slot) add(i, slot);
  for (int slot = together; slot < rule->slots(); ++slot)
    for (std::size_t i = 0; i < entries.size(); ++i) add(i, slot);
  return layout;
}

}  // namespace shoal::saving
