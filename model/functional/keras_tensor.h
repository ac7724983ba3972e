#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/tensor/dtype.h"
#include "model/tensor/shape.h"

namespace shoal {

class Layer;
namespace functional {
struct Node;
}

// A symbolic tensor, as Keras's: a shape, a dtype, and the call of a layer that it comes from. Input() makes the first,
// layers called on it make the others, and Model(inputs, outputs) makes a model of what lies between.
class KerasTensor {
 public:
  KerasTensor() = default;  // undefined

  bool defined() const { return node_ != nullptr; }
  const Shape& shape() const;  // with kRows in front
  DType dtype() const;
  const std::string& name() const;  // of the layer that it comes from

  const std::shared_ptr<functional::Node>& node() const { return node_; }  // the call
  std::size_t index() const { return index_; }                             // which of the call's outputs it is
  static KerasTensor output(std::shared_ptr<functional::Node> node, std::size_t index);
  friend bool operator==(const KerasTensor& a, const KerasTensor& b) {
    return a.node_ == b.node_ && a.index_ == b.index_;
  }

 private:
  std::shared_ptr<functional::Node> node_;
  std::size_t index_ = 0;
};

// What a call on symbolic tensors is told besides its inputs. `training` is not among it: as in Keras 3, what the model
// is called with holds for every layer.
struct SymbolicOptions {
  std::vector<KerasTensor> masks = {};  // for each input, undefined where it keeps the one that it carries; or none
  nlohmann::json arguments = nlohmann::json::object();  // of Keras's `call`, by name: {{"use_causal_mask", true}}
};

// Each makes the operation that Keras makes: x + y is an "Add" of keras.ops.
KerasTensor operator+(const KerasTensor& a, const KerasTensor& b);
KerasTensor operator-(const KerasTensor& a, const KerasTensor& b);
KerasTensor operator*(const KerasTensor& a, const KerasTensor& b);
KerasTensor operator/(const KerasTensor& a, const KerasTensor& b);
KerasTensor operator+(const KerasTensor& a, double b);
KerasTensor operator-(const KerasTensor& a, double b);
KerasTensor operator*(const KerasTensor& a, double b);
KerasTensor operator/(const KerasTensor& a, double b);
KerasTensor operator+(double a, const KerasTensor& b);
KerasTensor operator-(double a, const KerasTensor& b);
KerasTensor operator*(double a, const KerasTensor& b);
KerasTensor operator/(double a, const KerasTensor& b);
KerasTensor operator-(const KerasTensor& x);

}  // namespace shoal
