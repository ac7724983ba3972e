#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "model/train/model.h"

namespace shoal {

class SequentialImpl;

// A plain stack of layers. Built at once when the first layer gives an input_shape (or is layers::Input), else at the
// first data. Models may stand in it as layers.
class Sequential : public Model {
 public:
  Sequential() : Sequential(std::vector<Layer>{}) {}
  Sequential(std::initializer_list<Layer> layers, std::string name = "")
      : Sequential(std::vector<Layer>(layers), std::move(name)) {}
  explicit Sequential(std::vector<Layer> layers, std::string name = "");
  explicit Sequential(std::shared_ptr<SequentialImpl> network);
  void add(const Layer& layer);
  void pop();
  Shape output_shape() const;  // with kRows; rank 0 while unknown

  static std::unique_ptr<Sequential> from_config(const nlohmann::json& config);

 private:
  std::shared_ptr<SequentialImpl> stack_;
};

}  // namespace shoal
