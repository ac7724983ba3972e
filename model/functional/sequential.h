#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "model/train/model.h"

namespace shoal {

// A plain stack of layers. Built at once when the first layer gives an input_shape (or is layers::Input), else at the
// first data.
class Sequential : public Model {
 public:
  Sequential() : Sequential(std::vector<Layer>{}) {}
  Sequential(std::initializer_list<Layer> layers, std::string name = "")
      : Sequential(std::vector<Layer>(layers), std::move(name)) {}
  explicit Sequential(std::vector<Layer> layers, std::string name = "");
  void add(const Layer& layer);
  void pop();

  Tensor call(const Tensor& x, bool training) override;
  const std::vector<Layer>& layers() const override { return layers_; }
  std::string class_name() const override { return "Sequential"; }
  nlohmann::json get_config() const override;
  void build(const Shape& input) override;
  Shape input_shape() const override { return input_shape_; }

  Shape output_shape() const;  // with kRows; rank 0 while unknown

  static std::unique_ptr<Sequential> from_config(const nlohmann::json& config);

 private:
  Shape build_layer(const Layer& layer, const Shape& input);

  std::vector<Layer> layers_;
  Shape output_shape_;
  Shape input_shape_;  // rank 0 while unknown
  std::string input_name_;
};

}  // namespace shoal
