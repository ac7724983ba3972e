#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "model/ops/ops.h"
#include "model/tensor/variable.h"

namespace shoal {

// What a person subclasses to make a layer: weights in `build`, arithmetic in `call`, both in terms of `ops`; the
// backward pass is derived. One instance may stand in several models.
class LayerImpl {
 public:
  explicit LayerImpl(std::string name = "") : name_(std::move(name)) {}
  virtual ~LayerImpl() = default;
  LayerImpl(const LayerImpl&) = delete;
  LayerImpl& operator=(const LayerImpl&) = delete;

  virtual std::string class_name() const = 0;  // Keras's: "Conv2D"
  // Makes the weights. `input` has kRows in front. Called once, before the first `call`.
  virtual void build(const Shape& /*input*/) {}
  virtual Tensor call(const Tensor& x, bool training) = 0;
  // Keras's config of the class ("name", "trainable" and "dtype" are added by config()).
  virtual nlohmann::json get_config() const { return nlohmann::json::object(); }
  // By default found by calling the layer in a trace of its own.
  virtual Shape compute_output_shape(const Shape& input);
  // Throws ValueError when the layer cannot take this input; asked before `build` and before every `call`.
  virtual void check_input(const Shape& /*input*/) const {}
  // get_config with "name", "trainable" and "dtype" in front: what stands under "config" in a Keras file.
  virtual nlohmann::json config() const;

  // --- given ---
  Tensor operator()(const Tensor& x, bool training = false);  // builds when needed; names nodes after the layer
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  DType dtype() const { return dtype_; }
  void set_dtype(DType dtype) { dtype_ = dtype; }
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable);
  bool built() const { return built_; }
  const Shape& build_shape() const { return build_shape_; }
  void ensure_built(const Shape& input);
  const std::vector<Variable>& weights() const { return weights_; }  // in order of creation
  std::int64_t count_params() const;
  const Shape& input_shape_option() const { return input_shape_option_; }  // rank 0: none given; no rows in it

 protected:
  // `initializer`: a registered name ("glorot_uniform", "zeros", ...) or {"class_name", "config"}.
  Variable add_weight(const std::string& name, const Shape& shape, const nlohmann::json& initializer,
                      bool trainable = true);
  Shape input_shape_option_;

 private:
  std::string name_;
  DType dtype_ = floatx();
  bool trainable_ = true, built_ = false;
  Shape build_shape_;
  std::vector<Variable> weights_;
  std::vector<std::pair<Variable, bool>> weights_with_flags_;  // whether each was made to be trained
};

// A handle on a shared LayerImpl, as a Python variable is.
class Layer {
 public:
  Layer() = default;
  Layer(std::shared_ptr<LayerImpl> impl);  // NOLINT: names a layer without a name, as Keras: conv2d, conv2d_1, ...
  LayerImpl* operator->() const { return impl_.get(); }
  LayerImpl& operator*() const { return *impl_; }
  const std::shared_ptr<LayerImpl>& impl() const { return impl_; }
  Tensor operator()(const Tensor& x, bool training = false) const { return (*impl_)(x, training); }
  friend bool operator==(const Layer& a, const Layer& b) { return a.impl_ == b.impl_; }

 private:
  std::shared_ptr<LayerImpl> impl_;
};

// make_layer<MyLayer>(args...): a handle on a layer of one's own.
template <class Impl, class... Args>
Layer make_layer(Args&&... args) {
  return Layer(std::make_shared<Impl>(std::forward<Args>(args)...));
}

}  // namespace shoal
