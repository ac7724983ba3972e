#include "model/layers/merge.h"

#include <algorithm>

#include "common/base/error.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

using Merge = Tensor (*)(const std::vector<Tensor>& inputs, const std::vector<Tensor>& masks);

// (rows, steps) as bool of the shape of x.
Tensor spread(const Tensor& mask, const Tensor& x) { return ops::broadcast_to(ops::expand_dims(mask, -1), x.shape()); }

Tensor sum(const std::vector<Tensor>& inputs, const std::vector<Tensor>&) {
  Tensor result = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) result = result + inputs[i];
  return result;
}

Tensor average(const std::vector<Tensor>& inputs, const std::vector<Tensor>& masks) {
  return sum(inputs, masks) / Tensor(static_cast<double>(inputs.size()));
}

Tensor difference(const std::vector<Tensor>& inputs, const std::vector<Tensor>&) { return inputs[0] - inputs[1]; }

// A masked step is a factor of one; where all are masked the product is zero.
Tensor product(const std::vector<Tensor>& inputs, const std::vector<Tensor>& masks) {
  Tensor result, any;
  bool all_masked = true;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Tensor x = inputs[i];
    if (masks[i].defined()) {
      const Tensor mask = spread(masks[i], x);
      x = ops::where(mask, x, Tensor(1.0));
      any = any.defined() ? ops::logical_or(any, mask) : mask;
    } else {
      all_masked = false;
    }
    result = result.defined() ? result * x : x;
  }
  return all_masked ? ops::where(any, result, Tensor(0.0)) : result;
}

// A masked step takes the value of the others.
template <Tensor (*kChoose)(const Tensor&, const Tensor&)>
Tensor extremum(const std::vector<Tensor>& inputs, const std::vector<Tensor>& masks) {
  Tensor result, result_mask;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    Tensor x = inputs[i];
    const Tensor mask = masks[i].defined() ? spread(masks[i], x) : Tensor();
    if (i == 0) {
      result = x;
      result_mask = mask;
      continue;
    }
    if (mask.defined()) x = ops::where(mask, x, result);
    if (result_mask.defined()) result = ops::where(result_mask, result, x);
    result_mask = mask.defined() && result_mask.defined() ? ops::logical_or(result_mask, mask) : Tensor();
    result = kChoose(result, x);
  }
  return result;
}

class MergeImpl : public LayerImpl {
 public:
  MergeImpl(std::string class_name, Merge merge, const MergeOptions& options)
      : LayerImpl(options.name), class_name_(std::move(class_name)), merge_(merge) {
    if (options.dtype) set_dtype(*options.dtype);
  }

  std::string class_name() const override { return class_name_; }
  bool supports_masking() const override { return true; }
  void build_all(const std::vector<Shape>&) override {}

  void check_inputs(const std::vector<Shape>& inputs) const override {
    if (inputs.empty()) raise("{} '{}': needs a list of at least one input", class_name_, name());
    if (merge_ == difference && inputs.size() != 2)
      raise("Subtract '{}': takes two inputs, received {}", name(), inputs.size());
    Shape row;
    for (const Shape& input : inputs) {
      if (input.rank() == 0)
        raise("{} '{}': a layer's input has a batch axis in front, received a scalar", class_name_, name());
      row = broadcast(row, Shape(std::vector<std::int64_t>(input.dims().begin() + 1, input.dims().end())),
                      class_name_.c_str());
    }
  }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    int rank = 0;
    for (const Tensor& input : inputs) rank = std::max(rank, input.shape().rank());
    std::vector<Tensor> same_rank;
    for (Tensor input : inputs) {
      while (input.shape().rank() < rank) input = ops::expand_dims(input, 1);
      same_rank.push_back(input);
    }
    return {merge_(same_rank, options.masks)};
  }

  // A step counts when it counts in one of the inputs.
  Tensor compute_mask(const std::vector<Tensor>&, const std::vector<Tensor>& masks) const override {
    Tensor result;
    for (const Tensor& mask : masks) {
      if (!mask.defined()) return Tensor();
      result = result.defined() ? ops::logical_or(result, mask) : mask;
    }
    return result;
  }

 private:
  std::string class_name_;
  Merge merge_;
};

Layer from_config(const nlohmann::json& config, const char* class_name, Layer (*make)(const MergeOptions&)) {
  Layer layer = make({.name = read_text(class_name, config, "name", "")});
  read_common(*layer, config);
  return layer;
}

}  // namespace

Layer Add(const MergeOptions& options) { return make_layer<MergeImpl>("Add", sum, options); }
Layer Average(const MergeOptions& options) { return make_layer<MergeImpl>("Average", average, options); }
Layer Maximum(const MergeOptions& options) { return make_layer<MergeImpl>("Maximum", extremum<ops::maximum>, options); }
Layer Minimum(const MergeOptions& options) { return make_layer<MergeImpl>("Minimum", extremum<ops::minimum>, options); }
Layer Multiply(const MergeOptions& options) { return make_layer<MergeImpl>("Multiply", product, options); }
Layer Subtract(const MergeOptions& options) { return make_layer<MergeImpl>("Subtract", difference, options); }

Layer add_from_config(const nlohmann::json& config) { return from_config(config, "Add", Add); }
Layer average_from_config(const nlohmann::json& config) { return from_config(config, "Average", Average); }
Layer maximum_from_config(const nlohmann::json& config) { return from_config(config, "Maximum", Maximum); }
Layer minimum_from_config(const nlohmann::json& config) { return from_config(config, "Minimum", Minimum); }
Layer multiply_from_config(const nlohmann::json& config) { return from_config(config, "Multiply", Multiply); }
Layer subtract_from_config(const nlohmann::json& config) { return from_config(config, "Subtract", Subtract); }

}  // namespace shoal::layers
