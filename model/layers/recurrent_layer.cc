#include "model/layers/recurrent_layer.h"

#include "common/base/error.h"
#include "model/layers/config.h"
#include "model/layers/inner_layer.h"
#include "model/layers/naming.h"

namespace shoal::layers {
namespace {

using json = nlohmann::json;

class RecurrentLayer : public LayerImpl {
 public:
  RecurrentLayer(std::string class_name, std::vector<RecurrentCellPtr> cells, std::shared_ptr<LayerImpl> cell_layer,
                 const SequenceOptions& options, const json& config)
      : LayerImpl(read_text(class_name.c_str(), config, "name", "")),
        class_name_(std::move(class_name)),
        cells_(std::move(cells)),
        options_(options) {
    for (const RecurrentCellPtr& cell : cells_) states_ += static_cast<std::size_t>(cell->states());
    add_sublayer("cell", std::move(cell_layer));
    if (config.contains("input_shape") && !config["input_shape"].is_null())
      input_shape_option_ = Shape(config["input_shape"].get<std::vector<std::int64_t>>());
  }

  std::string class_name() const override { return class_name_; }
  bool supports_masking() const override { return true; }

  void check_inputs(const std::vector<Shape>& inputs) const override {
    if (inputs.size() != 1 && inputs.size() != 1 + states_)
      raise("layer '{}': {} takes a sequence and {} states, received {} inputs", name(), class_name_, states_,
            inputs.size());
    require_rank(*this, inputs[0], 3);
    if (built()) require_last_axis(*this, inputs[0], build_shape()[-1]);
  }

  void build_all(const std::vector<Shape>& inputs) override {
    std::int64_t width = inputs[0][2];
    for (const RecurrentCellPtr& cell : cells_) {
      cell->set_dtype(dtype());
      cell->ensure_built({kRows, width});
      width = cell->units();
    }
    name_weights_after(name(), *sublayers()[0].second);
  }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    Tensor sequence = inputs[0], last, mask = options.masks.at(0);
    std::vector<Tensor> states;
    std::span<const Tensor> given = std::span(inputs).subspan(1);
    for (const RecurrentCellPtr& cell : cells_) {
      const auto count = static_cast<std::size_t>(given.empty() ? 0 : cell->states());
      const bool backwards = options_.go_backwards && cell == cells_.front();
      const ops::RecurrentOutputs y = cell->run(sequence, given.first(count), mask, backwards, options.training);
      if (backwards && mask.defined()) mask = ops::flip(mask, 1);  // from here on in the order of the steps
      sequence = y.sequence;
      last = y.states[0];
      states.insert(states.end(), y.states.begin(), y.states.end());
      given = given.subspan(count);
    }
    std::vector<Tensor> outputs{output(sequence, last, mask)};
    if (options_.return_state) outputs.insert(outputs.end(), states.begin(), states.end());
    return outputs;
  }

  Tensor compute_mask(const std::vector<Tensor>& /*inputs*/, const std::vector<Tensor>& masks) const override {
    return options_.return_sequences ? masks.at(0) : Tensor();
  }

  json get_config() const override {
    json config = sequence_options_to_json(options_);
    if (class_name_ == "RNN") {
      config["cell"] = inner_to_json(*sublayers()[0].second);
    } else {
      config.update(cells_[0]->get_config());
      config["activity_regularizer"] = nullptr;
    }
    return config;
  }

 private:
  Tensor output(const Tensor& sequence, const Tensor& last, const Tensor& mask) const {
    const Tensor y = options_.return_sequences ? sequence : last;
    if (!options_.zero_output_for_mask || !mask.defined()) return y;
    const Tensor counts =
        options_.return_sequences ? ops::expand_dims(mask, -1) : ops::slice_axis(mask, 1, -1, mask.shape()[1]);
    return ops::where(counts, y, ops::zeros_like(y));
  }

  std::string class_name_;
  std::vector<RecurrentCellPtr> cells_;
  SequenceOptions options_;
  std::size_t states_ = 0;
};

}  // namespace

SequenceOptions read_sequence_options(const char* place, const json& config) {
  require_value(place, config, "stateful", false);
  require_value(place, config, "time_major", false);
  SequenceOptions options;
  options.return_sequences = read_flag(place, config, "return_sequences", false);
  options.return_state = read_flag(place, config, "return_state", false);
  options.go_backwards = read_flag(place, config, "go_backwards", false);
  options.unroll = read_flag(place, config, "unroll", false);
  options.zero_output_for_mask = read_flag(place, config, "zero_output_for_mask", false);
  return options;
}

json sequence_options_to_json(const SequenceOptions& options) {
  return {{"return_sequences", options.return_sequences},
          {"return_state", options.return_state},
          {"go_backwards", options.go_backwards},
          {"stateful", false},
          {"unroll", options.unroll},
          {"zero_output_for_mask", options.zero_output_for_mask}};
}

Layer make_recurrent_layer(const std::string& class_name, std::vector<RecurrentCellPtr> cells,
                           std::shared_ptr<LayerImpl> cell_layer, const SequenceOptions& options, const json& config) {
  Layer layer = make_layer<RecurrentLayer>(class_name, std::move(cells), std::move(cell_layer), options, config);
  read_common(*layer, config);
  return layer;
}

Layer recurrent_layer_from_config(const CellKind& kind, const json& config) {
  const SequenceOptions options = read_sequence_options(kind.class_name, config);
  json of_cell = config;
  of_cell["name"] = snake_case(std::string(kind.class_name) + "Cell");
  auto cell = std::make_shared<RecurrentCell>(kind, of_cell);
  return make_recurrent_layer(kind.class_name, {cell}, cell, options, config);
}

}  // namespace shoal::layers
