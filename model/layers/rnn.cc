#include "model/layers/rnn.h"

#include "common/base/error.h"
#include "model/layers/config.h"
#include "model/layers/inner_layer.h"
#include "model/layers/naming.h"
#include "model/layers/recurrent_layer.h"

namespace shoal::layers {
namespace {

using json = nlohmann::json;

RecurrentCellPtr cell_of(const char* place, const Layer& layer) {
  auto cell = std::dynamic_pointer_cast<RecurrentCell>(layer.impl());
  if (!cell)
    raise("{}: a cell must be a SimpleRNNCell, LSTMCell or GRUCell, received {}", place,
          layer.impl() ? layer->class_name() : "an empty layer");
  return cell;
}

class StackedCells : public LayerImpl {
 public:
  StackedCells(const std::vector<Layer>& layers, const std::string& name) : LayerImpl(name) {
    if (layers.empty()) raise("StackedRNNCells: needs at least one cell");
    for (const Layer& layer : layers) {
      cells_.push_back(cell_of("StackedRNNCells", layer));
      states_ += static_cast<std::size_t>(cells_.back()->states());
      std::string attribute = "cells/" + snake_case(cells_.back()->class_name());
      int same = 0;
      for (const auto& [other, _] : sublayers()) same += other.starts_with(attribute) ? 1 : 0;
      add_sublayer(same == 0 ? attribute : attribute + "_" + std::to_string(same), cells_.back());
    }
  }

  std::string class_name() const override { return "StackedRNNCells"; }
  const std::vector<RecurrentCellPtr>& cells() const { return cells_; }

  void check_inputs(const std::vector<Shape>& inputs) const override {
    if (inputs.size() != 1 && inputs.size() != 1 + states_)
      raise("layer '{}': StackedRNNCells takes a step and {} states, received {} inputs", name(), states_,
            inputs.size());
    require_rank(*this, inputs[0], 2);
    if (built()) require_last_axis(*this, inputs[0], build_shape()[-1]);
  }

  void build_all(const std::vector<Shape>& inputs) override {
    std::int64_t width = inputs[0][1];
    for (const RecurrentCellPtr& cell : cells_) {
      cell->set_dtype(dtype());
      cell->ensure_built({kRows, width});
      width = cell->units();
    }
  }

  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override {
    std::vector<Tensor> outputs(1);
    Tensor x = inputs[0];
    std::size_t next = 1;
    for (const RecurrentCellPtr& cell : cells_) {
      std::vector<Tensor> step{x};
      if (inputs.size() > 1)
        for (int i = 0; i < cell->states(); ++i) step.push_back(inputs[next++]);
      const std::vector<Tensor> y = (*cell)(step, {.training = options.training});
      x = y[0];
      outputs.insert(outputs.end(), y.begin() + 1, y.end());
    }
    outputs[0] = x;
    return outputs;
  }

  json get_config() const override {
    json cells = json::array();
    for (const RecurrentCellPtr& cell : cells_) cells.push_back(inner_to_json(*cell));
    return {{"cells", cells}};
  }

 private:
  std::vector<RecurrentCellPtr> cells_;
  std::size_t states_ = 0;
};

Layer make_rnn(const Layer& cell, const SequenceOptions& options, const json& config) {
  if (auto stack = std::dynamic_pointer_cast<StackedCells>(cell.impl()))
    return make_recurrent_layer("RNN", stack->cells(), stack, options, config);
  const RecurrentCellPtr one = cell_of("RNN", cell);
  return make_recurrent_layer("RNN", {one}, one, options, config);
}

}  // namespace

Layer RNN(const Layer& cell, const RNNOptions& options) {
  json config = {{"name", options.name}};
  if (options.input_shape.rank() > 0) config["input_shape"] = shape_to_json(options.input_shape);
  if (cell.impl()) config["dtype"] = name_of(cell->dtype());
  return make_rnn(cell,
                  {.return_sequences = options.return_sequences,
                   .return_state = options.return_state,
                   .go_backwards = options.go_backwards,
                   .zero_output_for_mask = options.zero_output_for_mask},
                  config);
}

Layer RNN(const std::vector<Layer>& cells, const RNNOptions& options) { return RNN(StackedRNNCells(cells), options); }

Layer StackedRNNCells(const std::vector<Layer>& cells, const std::string& name) {
  return make_layer<StackedCells>(cells, name);
}

Layer rnn_from_config(const json& config) {
  const SequenceOptions options = read_sequence_options("RNN", config);
  return make_rnn(inner_from_json("RNN", config, "cell"), options, config);
}

Layer stacked_rnn_cells_from_config(const json& config) {
  if (!config.is_object() || !config.contains("cells") || !config["cells"].is_array())
    raise("StackedRNNCells: cells must be a list, received {}", config.dump());
  std::vector<Layer> cells;
  for (const json& cell : config["cells"])
    cells.push_back(inner_from_json("StackedRNNCells", {{"cell", cell}}, "cell"));
  Layer layer = StackedRNNCells(cells, read_text("StackedRNNCells", config, "name", ""));
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
