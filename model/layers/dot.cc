#include "model/layers/dot.h"

#include "common/base/error.h"
#include "model/layers/config.h"

namespace shoal::layers {
namespace {

Tensor normalized(const Tensor& x, int axis) {
  constexpr double kEpsilon = 1e-7;
  return x * ops::minimum(ops::rsqrt(ops::sum(ops::square(x), {axis}, true)), 1 / kEpsilon);
}

// Axis `from` moved to `to`, the others in their order.
Tensor moved(const Tensor& x, int from, int to) {
  std::vector<int> order;
  for (int axis = 0; axis < x.shape().rank(); ++axis)
    if (axis != from) order.push_back(axis);
  order.insert(order.begin() + to, from);
  return from == to ? x : ops::transpose(x, order);
}

class DotImpl : public LayerImpl {
 public:
  DotImpl(std::vector<int> axes, const DotOptions& options)
      : LayerImpl(options.name), axes_(std::move(axes)), normalize_(options.normalize) {
    if (axes_.size() != 1 && axes_.size() != 2)
      raise("Dot: axes must be an integer or two, received {}", nlohmann::json(axes_).dump());
    if (options.dtype) set_dtype(*options.dtype);
  }

  std::string class_name() const override { return "Dot"; }
  void build_all(const std::vector<Shape>&) override {}

  void check_inputs(const std::vector<Shape>& inputs) const override {
    if (inputs.size() != 2) raise("Dot '{}': takes two inputs, received {}", name(), inputs.size());
    for (const Shape& input : inputs) require_min_rank(*this, input, 2);
    const int first = axis_of(inputs[0], 0), second = axis_of(inputs[1], 1);
    if (first == 0 || second == 0) raise("Dot '{}': axes may not be the batch axis", name());
    if (inputs[0][first] != inputs[1][second])
      raise("Dot '{}': axis {} of shape {} and axis {} of shape {} must have one size", name(), first,
            inputs[0].to_string(), second, inputs[1].to_string());
  }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions&) override {
    const int first = axis_of(inputs[0].shape(), 0), second = axis_of(inputs[1].shape(), 1);
    Tensor a = inputs[0], b = inputs[1];
    if (normalize_) {
      a = normalized(a, first);
      b = normalized(b, second);
    }
    a = moved(a, first, a.shape().rank() - 1);
    b = moved(b, second, 1);
    std::vector<std::int64_t> left(a.shape().dims().begin() + 1, a.shape().dims().end() - 1);
    const std::vector<std::int64_t> right(b.shape().dims().begin() + 2, b.shape().dims().end());
    const Tensor product =
        ops::matmul(ops::reshape_rows(a, {-1, a.shape()[-1]}), ops::reshape_rows(b, {b.shape()[1], -1}));
    left.insert(left.end(), right.begin(), right.end());
    if (left.empty()) left.push_back(1);
    return {ops::reshape_rows(product, left)};
  }

  nlohmann::json get_config() const override {
    return {{"axes", axes_.size() == 1 ? nlohmann::json(axes_[0]) : nlohmann::json(axes_)}, {"normalize", normalize_}};
  }

 private:
  int axis_of(const Shape& shape, std::size_t input) const { return shape.normalize_axis(axes_[input % axes_.size()]); }

  std::vector<int> axes_;
  bool normalize_;
};

}  // namespace

Layer Dot(const std::array<int, 2>& axes, const DotOptions& options) {
  return make_layer<DotImpl>(std::vector<int>{axes[0], axes[1]}, options);
}
Layer Dot(int axis, const DotOptions& options) { return make_layer<DotImpl>(std::vector<int>{axis}, options); }

Layer dot_from_config(const nlohmann::json& config) {
  std::vector<int> axes;
  for (const std::int64_t axis : read_integers("Dot", config, "axes", {})) axes.push_back(static_cast<int>(axis));
  DotOptions options;
  options.normalize = read_flag("Dot", config, "normalize", false);
  options.name = read_text("Dot", config, "name", "");
  Layer layer = make_layer<DotImpl>(std::move(axes), options);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
