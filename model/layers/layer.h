#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "model/functional/keras_tensor.h"
#include "model/layers/constraints.h"
#include "model/layers/regularizers.h"
#include "model/ops/ops.h"
#include "model/tensor/variable.h"

namespace shoal {

// What a call of a layer is told besides its inputs.
struct CallOptions {
  bool training = false;
  // Which steps of each input count: bool (rows, time), undefined where all do. Empty: what the inputs carry.
  std::vector<Tensor> masks = {};
  // Other arguments of Keras's `call`, by its names: {{"use_causal_mask", true}}.
  nlohmann::json arguments = nlohmann::json::object();
};

// What a person subclasses to make a layer: weights in `build`, arithmetic in `call`, both in terms of `ops`; the
// backward pass is derived. One instance may stand in several models.
class LayerImpl {
 public:
  explicit LayerImpl(std::string name = "") : name_(std::move(name)) {}
  virtual ~LayerImpl() = default;
  LayerImpl(const LayerImpl&) = delete;
  LayerImpl& operator=(const LayerImpl&) = delete;

  virtual std::string class_name() const = 0;  // Keras's: "Conv2D"
  // Keras's config of the class ("name", "trainable" and "dtype" are added by config()).
  virtual nlohmann::json get_config() const { return nlohmann::json::object(); }
  // get_config with "name", "trainable" and "dtype" in front: what stands under "config" in a Keras file.
  virtual nlohmann::json config() const;

  // --- a layer of one input and one output says these ---
  // Makes the weights. `input` has kRows in front. Called once, before the first `call`.
  virtual void build(const Shape& /*input*/) {}
  virtual Tensor call(const Tensor& x, bool training);
  // By default found by calling the layer in a trace of its own.
  virtual Shape compute_output_shape(const Shape& input);
  // Throws ValueError when the layer cannot take this input; asked before `build` and before every `call`.
  virtual void check_input(const Shape& /*input*/) const {}

  // --- any other layer says these instead; by default they ask the ones above ---
  virtual void build_all(const std::vector<Shape>& inputs);
  // `options.masks` has one mask for each input.
  virtual std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options);
  virtual std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs);
  virtual void check_inputs(const std::vector<Shape>& inputs) const;

  // --- masks ---
  // True: the first output carries the mask of the first input (or what compute_mask makes of it). Else masks end here.
  virtual bool supports_masking() const { return false; }
  virtual Tensor compute_mask(const std::vector<Tensor>& inputs, const std::vector<Tensor>& masks) const;

  // True: whole numbers reach it as they are (ids of an Embedding). False: `fit` and `predict` make them its dtype.
  virtual bool takes_integers() const { return false; }
  // False: inputs keep their dtypes instead of taking the layer's (operations; a model within a model).
  virtual bool casts_inputs() const { return true; }

  // --- given ---
  Tensor operator()(const Tensor& x, bool training = false);  // builds when needed; names nodes after the layer
  std::vector<Tensor> operator()(const std::vector<Tensor>& inputs, CallOptions options);  // all outputs
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  DType dtype() const { return dtype_; }
  void set_dtype(DType dtype) { dtype_ = dtype; }
  bool trainable() const { return trainable_; }
  void set_trainable(bool trainable);  // and all layers within
  bool built() const { return built_; }
  const Shape& build_shape() const { return build_shapes_.at(0); }
  const std::vector<Shape>& build_shapes() const { return build_shapes_; }
  void ensure_built(const Shape& input) { ensure_built(std::vector<Shape>{input}); }
  void ensure_built(const std::vector<Shape>& inputs);
  std::vector<Variable> weights() const;  // its own in order of creation, then those of the layers within, each once
  const std::vector<Variable>& own_weights() const { return weights_; }
  // The layers that this one is made of, under the names of Keras's attributes: "forward_layer", "cell".
  const std::vector<std::pair<std::string, std::shared_ptr<LayerImpl>>>& sublayers() const { return sublayers_; }
  std::int64_t count_params() const;
  // The layer's own regularizers by the keys of its config: "kernel_regularizer" acts on a weight "kernel",
  // "recurrent_regularizer" on "recurrent_kernel", "activity_regularizer" on outputs. Before it is built; those of
  // weights hold for the layers within, too. Throws ValueError naming an unknown regularizer.
  void set_regularizer(const std::string& key, const Regularizer& regularizer);
  // What an optimizer keeps its weights to, by the keys of the config: "kernel_constraint". As regularizers.
  void set_constraint(const std::string& key, const Constraint& constraint);
  struct Penalty {
    Variable variable;
    Regularizer regularizer;
  };
  // Of the weights that are trained, with those of the layers within.
  std::vector<Penalty> penalties() const;
  const Shape& input_shape_option() const { return input_shape_option_; }  // rank 0: none given; no rows in it

 protected:
  // `initializer`: a registered name ("glorot_uniform", "zeros", ...) or {"class_name", "config"}.
  Variable add_weight(const std::string& name, const Shape& shape, const nlohmann::json& initializer,
                      bool trainable = true, const Regularizer& regularizer = nullptr,
                      const Constraint& constraint = nullptr);
  // By the first part of their keys: {{"kernel", "l2"}, {"activity", nullptr}}.
  void set_regularizers(std::initializer_list<std::pair<const char*, Regularizer>> regularizers);
  void set_constraints(std::initializer_list<std::pair<const char*, Constraint>> constraints);
  const Regularizer& regularizer_of(const std::string& key) const;  // null where none is set
  const Constraint& constraint_of(const std::string& key) const;
  // A scalar that training and evaluation add to the loss; of a batch, it should be a mean over its rows (ops::mean).
  void add_loss(const Tensor& loss);
  // Its weights belong to this layer too, saved under `attribute`. It is built and called by this layer.
  void add_sublayer(const std::string& attribute, std::shared_ptr<LayerImpl> layer);
  void pop_sublayer() { sublayers_.pop_back(); }  // the last
  Shape input_shape_option_;

 private:
  std::string name_;
  DType dtype_ = floatx();
  bool trainable_ = true, built_ = false;
  std::vector<Shape> build_shapes_;
  std::vector<Variable> weights_;
  std::vector<std::pair<Variable, bool>> weights_with_flags_;  // whether each was made to be trained
  std::vector<std::pair<std::string, std::shared_ptr<LayerImpl>>> sublayers_;
  std::map<std::string, Regularizer> regularizers_;
  std::map<std::string, Constraint> constraints_;
  std::vector<Penalty> penalties_;
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
  // The first output; `call` gives all.
  Tensor operator()(const std::vector<Tensor>& inputs, const CallOptions& options = {}) const {
    return (*impl_)(inputs, options).at(0);
  }
  std::vector<Tensor> call(const std::vector<Tensor>& inputs, const CallOptions& options = {}) const {
    return (*impl_)(inputs, options);
  }
  // On symbolic tensors: records the call and gives what it will give. With several outputs, the first; `call` all.
  KerasTensor operator()(const KerasTensor& input) const;
  KerasTensor operator()(const KerasTensor& input, const SymbolicOptions& options) const;
  KerasTensor operator()(const std::vector<KerasTensor>& inputs) const;
  KerasTensor operator()(const std::vector<KerasTensor>& inputs, const SymbolicOptions& options) const;
  std::vector<KerasTensor> call(const std::vector<KerasTensor>& inputs, const SymbolicOptions& options = {}) const;
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
