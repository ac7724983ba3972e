#pragma once

#include "model/functional/network.h"

namespace shoal {

// What stands behind a Sequential.
class SequentialImpl : public NetworkImpl {
 public:
  explicit SequentialImpl(std::string name) : NetworkImpl(std::move(name)) {}

  void add(const Layer& layer);
  void pop();

  std::string class_name() const override { return "Sequential"; }
  nlohmann::json config() const override;
  std::vector<Layer> layers() const override { return layers_; }
  std::vector<Shape> input_shapes() const override;
  std::vector<Shape> output_shapes() const override { return output_shapes_; }
  std::vector<std::string> input_names() const override;
  std::vector<std::string> output_names() const override;
  DType input_dtype(std::size_t input, DType given) const override;
  bool takes_integers() const override;
  void check_input(const Shape& input) const override;
  void build_all(const std::vector<Shape>& inputs) override;
  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override;

 private:
  std::vector<Shape> build_layer(const Layer& layer, const std::vector<Shape>& inputs);

  std::vector<Layer> layers_;  // without the input layer
  Layer input_;                // empty: none
  Shape input_shape_;          // rank 0 while unknown
  std::vector<Shape> output_shapes_;
};

}  // namespace shoal
