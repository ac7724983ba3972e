#include <algorithm>
#include <map>

#include "common/base/error.h"
#include "model/functional/functional_config.h"
#include "model/functional/input.h"
#include "model/functional/network.h"
#include "model/functional/operation_layer.h"
#include "model/functional/topology.h"
#include "model/functional/weight_places.h"
#include "model/graph/node.h"
#include "model/layers/naming.h"

namespace shoal::functional {
namespace {

using json = nlohmann::json;

std::vector<Shape> shapes_of(const std::vector<KerasTensor>& tensors) {
  std::vector<Shape> shapes;
  for (const KerasTensor& tensor : tensors) shapes.push_back(tensor.shape());
  return shapes;
}

std::vector<std::string> names_of(const std::vector<KerasTensor>& tensors) {
  std::vector<std::string> names;
  for (const KerasTensor& tensor : tensors) names.push_back(tensor.name());
  return names;
}

class FunctionalImpl : public NetworkImpl {
 public:
  FunctionalImpl(std::vector<KerasTensor> inputs, std::vector<KerasTensor> outputs, std::string name)
      : NetworkImpl(std::move(name)),
        inputs_(std::move(inputs)),
        outputs_(std::move(outputs)),
        topology_(find_topology(inputs_, outputs_)) {
    for (const Layer& layer : topology_.layers)
      if (!is_operation(*layer)) layers_.push_back(layer);
    const std::vector<std::string> places = weight_places(layers_);
    for (std::size_t i = 0; i < layers_.size(); ++i) add_sublayer(places[i], layers_[i].impl());
    const auto computes =
        std::ranges::find_if(layers_, [](const Layer& layer) { return layer->class_name() != "InputLayer"; });
    if (computes != layers_.end()) set_dtype((*computes)->dtype());
    make_steps();
    ensure_built(input_shapes());
  }

  std::string class_name() const override { return "Functional"; }
  json config() const override {
    return functional_config({name(), trainable(), inputs_, outputs_, topology_.nodes, topology_.layers});
  }
  std::vector<Layer> layers() const override { return layers_; }
  std::vector<Shape> input_shapes() const override { return shapes_of(inputs_); }
  std::vector<Shape> output_shapes() const override { return shapes_of(outputs_); }
  std::vector<std::string> input_names() const override { return names_of(inputs_); }
  std::vector<std::string> output_names() const override { return names_of(outputs_); }
  const Topology& topology() const { return topology_; }

  // An input of floating numbers that only layers of ids read lets whole numbers pass.
  DType input_dtype(std::size_t input, DType given) const override {
    const DType wanted = inputs_.at(input).dtype();
    if (!is_floating(wanted) || is_floating(given)) return wanted;
    return reader_count(input, true) > 0 && reader_count(input, false) == 0 ? given : wanted;
  }
  bool takes_integers() const override { return reader_count(0, true) > 0 && reader_count(0, false) == 0; }

  void check_inputs(const std::vector<Shape>& inputs) const override {
    if (inputs.size() != inputs_.size())
      raise("layer '{}': takes {} inputs, received {}", name(), inputs_.size(), inputs.size());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Shape& wanted = inputs_[i].shape();
      if (inputs[i].rank() != wanted.rank() ||
          !std::equal(wanted.dims().begin() + 1, wanted.dims().end(), inputs[i].dims().begin() + 1))
        raise("Input {} of layer '{}' is incompatible with the layer: input '{}' has shape {}, found shape={}", i,
              name(), inputs_[i].name(), wanted.to_string(), inputs[i].to_string());
    }
  }
  void build_all(const std::vector<Shape>&) override {}

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    std::vector<Tensor> values(slots_), masks(slots_);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const std::size_t slot = slot_of(inputs_[i]);
      values[slot] = inputs[i];
      masks[slot] = options.masks.empty() ? graph::mask_of(inputs[i]) : options.masks.at(i);
    }
    for (const Step& step : steps_) {
      std::vector<Tensor> operands;
      CallOptions call = {.training = options.training, .arguments = step.node->arguments};
      for (std::size_t i = 0; i < step.inputs.size(); ++i) {
        operands.push_back(values[step.inputs[i]]);
        const bool given = i < step.node->masks.size() && step.node->masks[i].defined();
        call.masks.push_back(given ? values[step.masks[i]] : masks[step.inputs[i]]);
      }
      const std::vector<Tensor> results = step.node->layer.call(operands, call);
      for (std::size_t i = 0; i < results.size(); ++i) {
        values[step.first_output + i] = results[i];
        masks[step.first_output + i] = graph::mask_of(results[i]);
      }
    }
    std::vector<Tensor> results;
    for (const KerasTensor& output : outputs_) results.push_back(values[slot_of(output)]);
    return results;
  }

  std::vector<Shape> compute_output_shapes(const std::vector<Shape>& inputs) override {
    check_inputs(inputs);
    return output_shapes();
  }

 private:
  struct Step {
    NodePtr node;
    std::vector<std::size_t> inputs, masks;  // slots
    std::size_t first_output = 0;
  };

  void make_steps() {
    for (const NodePtr& node : topology_.nodes) {
      first_slot_[node.get()] = slots_;
      Step step{node, {}, {}, slots_};
      slots_ += node->shapes.size();
      if (node->is_input()) continue;
      for (const KerasTensor& input : node->inputs) step.inputs.push_back(slot_of(input));
      for (const KerasTensor& mask : node->masks) step.masks.push_back(mask.defined() ? slot_of(mask) : 0);
      steps_.push_back(std::move(step));
    }
  }

  std::size_t slot_of(const KerasTensor& tensor) const { return first_slot_.at(tensor.node().get()) + tensor.index(); }

  std::int64_t reader_count(std::size_t input, bool integers) const {
    std::int64_t count = 0;
    for (const Step& step : steps_)
      for (const KerasTensor& read : step.node->inputs)
        count += read == inputs_.at(input) && step.node->layer->takes_integers() == integers;
    return count;
  }

  std::vector<KerasTensor> inputs_, outputs_;
  Topology topology_;
  std::vector<Layer> layers_;
  std::vector<Step> steps_;
  std::map<const Node*, std::size_t> first_slot_;
  std::size_t slots_ = 0;
};

// Inputs that layers made become inputs of their own, and the calls from there on are made again.
class Cloning {
 public:
  explicit Cloning(std::vector<KerasTensor>& inputs) {
    for (KerasTensor& input : inputs) {
      const KerasTensor old = input;
      if (!old.node()->is_input())
        input = Input(Shape({old.shape().dims().begin() + 1, old.shape().dims().end()}), {.dtype = old.dtype()});
      clones_[{old.node().get(), old.index()}] = input;
    }
  }

  KerasTensor clone(const KerasTensor& tensor) {
    if (!tensor.defined() || tensor.node()->is_input()) {
      const auto given = tensor.defined() ? clones_.find({tensor.node().get(), tensor.index()}) : clones_.end();
      return given == clones_.end() ? tensor : given->second;
    }
    const auto done = clones_.find({tensor.node().get(), tensor.index()});
    if (done != clones_.end()) return done->second;
    std::vector<KerasTensor> inputs;
    SymbolicOptions options = {.arguments = tensor.node()->arguments};
    for (const KerasTensor& input : tensor.node()->inputs) inputs.push_back(clone(input));
    for (const KerasTensor& mask : tensor.node()->masks) options.masks.push_back(clone(mask));
    const auto outputs = tensor.node()->layer.call(inputs, options);
    for (std::size_t i = 0; i < outputs.size(); ++i) clones_[{tensor.node().get(), i}] = outputs[i];
    return outputs.at(tensor.index());
  }

 private:
  std::map<std::pair<const Node*, std::size_t>, KerasTensor> clones_;
};

void check_defined(const std::vector<KerasTensor>& tensors, const char* what) {
  if (tensors.empty()) raise("Model: needs at least one of {}, received none", what);
  for (std::size_t i = 0; i < tensors.size(); ++i)
    if (!tensors[i].defined()) raise("Model: {}[{}] is an undefined symbolic tensor", what, i);
}

}  // namespace

std::shared_ptr<NetworkImpl> make_functional(std::vector<KerasTensor> inputs, std::vector<KerasTensor> outputs,
                                             std::string name) {
  check_defined(inputs, "inputs");
  check_defined(outputs, "outputs");
  if (std::ranges::any_of(inputs, [](const KerasTensor& input) { return !input.node()->is_input(); })) {
    Cloning cloning(inputs);
    for (KerasTensor& output : outputs) output = cloning.clone(output);
  }
  if (name.empty()) name = layers::unique_name("Functional");
  return std::make_shared<FunctionalImpl>(std::move(inputs), std::move(outputs), std::move(name));
}

const Topology* topology_of(const NetworkImpl& network) {
  const auto* functional = dynamic_cast<const FunctionalImpl*>(&network);
  return functional == nullptr ? nullptr : &functional->topology();
}

}  // namespace shoal::functional
