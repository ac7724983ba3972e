#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/tensor/arena.h"
#include "model/tensor/tensor.h"

namespace shoal {

// A weight, or other state that outlives a step. A handle: copies are the same variable. Its values stand in a buffer
// of its own until a model puts them into its arena (`ParameterSpace`).
class Variable {
 public:
  Variable() = default;
  // `name` is the last part of the path ("kernel"); the layer that owns it prefixes the path.
  Variable(const Tensor& initial, std::string name, bool trainable = true);

  bool defined() const { return impl_ != nullptr; }
  const Shape& shape() const;
  DType dtype() const;
  const std::string& name() const;
  const std::string& path() const;  // "sequential/conv2d/kernel"
  void set_path(std::string path);
  bool trainable() const;
  void set_trainable(bool trainable);
  std::size_t size() const { return static_cast<std::size_t>(shape().elements()); }
  std::size_t bytes() const { return size() * size_of(dtype()); }

  Tensor value() const;              // a copy of the values
  void assign(const Tensor& value);  // at once; throws ValueError on another shape; converts the dtype

  // What keeps the values to a rule, such as a limit of their norms; an optimizer calls it after each of its steps.
  void set_constraint(std::function<void(void* values)> constraint);
  bool constrained() const;
  void constrain();  // at once; nothing without a constraint

  void* data() const;
  void* gradient() const;    // null until the variable stands in a ParameterSpace
  int index() const;         // position in its ParameterSpace, -1 outside of one
  std::uint64_t id() const;  // unique in the process

  friend bool operator==(const Variable& a, const Variable& b) { return a.impl_ == b.impl_; }

 private:
  friend class ParameterSpace;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

// Where all trainable weights of a model lie, one behind the other in one arena, and all their gradients in another of
// the same layout. Every variable starts at a multiple of 64 bytes, the gap behind it is zero.
class ParameterSpace {
 public:
  struct Entry {
    Variable variable;
    std::size_t offset;  // in elements
    std::size_t size;    // in elements, without the gap
  };

  ParameterSpace() = default;
  // Moves the variables' values into new arenas. All of one floating dtype, else ValueError.
  ParameterSpace(std::vector<Variable> variables, const ArenaAllocator& allocate);

  const std::vector<Entry>& entries() const { return entries_; }
  DType dtype() const { return dtype_; }
  std::size_t elements() const { return elements_; }  // gaps included
  const Arena& weights() const { return weights_; }
  const Arena& gradients() const { return gradients_; }
  // The same places in other memory; the variables stay where they are.
  ParameterSpace over(Arena weights, Arena gradients) const;

 private:
  std::vector<Entry> entries_;
  DType dtype_ = DType::kFloat32;
  std::size_t elements_ = 0;
  Arena weights_, gradients_;
};

}  // namespace shoal
