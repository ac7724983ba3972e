#include "model/layers/time_distributed.h"

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/layers/config.h"
#include "model/layers/inner_layer.h"

namespace shoal::layers {
namespace {

// (rows, time, ...) -> (rows, ...) of one step.
Shape step_of(const Shape& shape) {
  std::vector<std::int64_t> dims = shape.dims();
  dims.erase(dims.begin() + 1);
  return Shape(std::move(dims));
}

class TimeDistributedImpl : public LayerImpl {
 public:
  TimeDistributedImpl(const Layer& layer, const TimeDistributedOptions& options) : LayerImpl(options.name) {
    if (!layer.impl()) raise("TimeDistributed: received an empty layer");
    set_dtype(layer->dtype());
    input_shape_option_ = options.input_shape;
    add_sublayer("layer", layer.impl());
  }

  std::string class_name() const override { return "TimeDistributed"; }
  bool supports_masking() const override { return true; }

  void check_input(const Shape& input) const override {
    if (input.rank() < 3)
      raise("layer '{}': TimeDistributed needs input of at least 3 dimensions, received shape {}", name(),
            input.to_string());
    try {
      inner().check_inputs({step_of(input)});
    } catch (const ValueError& error) {
      raise("layer '{}': one step of the input does not fit. {}", name(), error.what());
    }
  }

  void build(const Shape& input) override {
    inner().ensure_built(step_of(input));
    name_weights_after(name(), inner());
  }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    const Tensor& x = inputs.at(0);
    return {steps_differ() ? step_by_step(x, options.training) : as_rows(x, options.training)};
  }

  nlohmann::json get_config() const override { return {{"layer", inner_to_json(inner())}}; }

 private:
  LayerImpl& inner() const { return *sublayers()[0].second; }

  // Statistics of a batch are those of one step.
  bool steps_differ() const { return inner().class_name() == "BatchNormalization"; }

  // Every step is a row of its own: one call for all.
  Tensor as_rows(const Tensor& x, bool training) const {
    std::vector<std::int64_t> dims = step_of(x.shape()).dims();
    const std::int64_t rows = dims[0], time = x.shape()[1];
    dims[0] *= time;
    const Tensor folded = graph::make("reshape", {x}, graph::ShapeAttributes{Shape(std::move(dims))});
    const Tensor y = inner()({folded}, {.training = training, .masks = {Tensor()}}).at(0);
    dims = y.shape().dims();
    dims[0] = time;
    dims.insert(dims.begin(), rows);
    return graph::make("reshape", {y}, graph::ShapeAttributes{Shape(std::move(dims))});
  }

  Tensor step_by_step(const Tensor& x, bool training) const {
    std::vector<Tensor> steps;
    for (std::int64_t t = 0; t < x.shape()[1]; ++t) {
      const Tensor step = ops::squeeze(ops::slice_axis(x, 1, t, t + 1), 1);
      steps.push_back(inner()({step}, {.training = training, .masks = {Tensor()}}).at(0));
    }
    return ops::stack(steps, 1);
  }
};

}  // namespace

Layer TimeDistributed(const Layer& layer, const TimeDistributedOptions& options) {
  return make_layer<TimeDistributedImpl>(layer, options);
}

Layer time_distributed_from_config(const nlohmann::json& config) {
  Layer layer = TimeDistributed(inner_from_json("TimeDistributed", config, "layer"),
                                {.name = read_text("TimeDistributed", config, "name", "")});
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
