#include "model/layers/permute.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

class PermuteImpl : public LayerImpl {
 public:
  PermuteImpl(std::vector<int> dims, const PermuteOptions& options) : LayerImpl(options.name), dims_(std::move(dims)) {
    std::vector<int> sorted = dims_;
    std::ranges::sort(sorted);
    for (std::size_t i = 0; i < sorted.size(); ++i)
      if (sorted[i] != static_cast<int>(i) + 1)
        raise("Permute: dims must name the axes of a row from 1 on, once each, received {}",
              nlohmann::json(dims_).dump());
    if (options.dtype) set_dtype(*options.dtype);
    input_shape_option_ = options.input_shape;
  }

  std::string class_name() const override { return "Permute"; }
  void check_input(const Shape& input) const override {
    require_rank(*this, input, static_cast<int>(dims_.size()) + 1);
  }
  Tensor call(const Tensor& x, bool /*training*/) override {
    std::vector<int> order{0};
    order.insert(order.end(), dims_.begin(), dims_.end());
    return ops::transpose(x, order);
  }
  nlohmann::json get_config() const override { return {{"dims", dims_}}; }

 private:
  std::vector<int> dims_;
};

}  // namespace

Layer Permute(const std::vector<int>& dims, const PermuteOptions& options) {
  return make_layer<PermuteImpl>(dims, options);
}

Layer permute_from_config(const nlohmann::json& config) {
  std::vector<int> dims;
  for (const std::int64_t dim : read_integers("Permute", config, "dims", {})) dims.push_back(static_cast<int>(dim));
  if (dims.empty()) raise("Permute: the config has no dims, received {}", config.dump());
  Layer layer = Permute(dims, {.input_shape = {}, .name = read_text("Permute", config, "name", "")});
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
