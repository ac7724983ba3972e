#pragma once

#include <optional>

#include "model/layers/layer.h"
#include "model/ops/recurrent.h"

namespace shoal::layers {

// What SimpleRNN, LSTM and GRU differ in.
struct CellKind {
  const char* class_name;  // of the layer: "LSTM"; its cell is "LSTMCell" and named "lstm_cell"
  const char* cell;        // in ops::RecurrentOptions
  std::int64_t gates;
  int states;
};
extern const CellKind kSimpleRnn, kLstm, kGru;

// The weights of a recurrent layer, and how they work on a whole sequence. As a layer of its own it takes one step:
// (x, h, c) -> (h, h, c).
class RecurrentCell : public LayerImpl {
 public:
  // `config`: Keras's; missing keys take Keras's defaults.
  RecurrentCell(const CellKind& kind, const nlohmann::json& config);

  std::string class_name() const override { return std::string(kind_.class_name) + "Cell"; }
  nlohmann::json get_config() const override { return config_; }
  void check_inputs(const std::vector<Shape>& inputs) const override;
  void build_all(const std::vector<Shape>& inputs) override;
  std::vector<Tensor> call_all(const std::vector<Tensor>& inputs, const CallOptions& options) override;

  std::int64_t units() const { return units_; }
  int states() const { return kind_.states; }
  // x (rows, time, n); `states` one for each or none (zeros); `mask` (rows, time) or undefined.
  ops::RecurrentOutputs run(const Tensor& x, std::span<const Tensor> states, const Tensor& mask, bool go_backwards,
                            bool training) const;

 private:
  Tensor ones_or_zeros(const Shape& shape, DType dtype, double rate, int stream) const;
  Tensor project(const Tensor& x, bool training) const;

  const CellKind& kind_;
  nlohmann::json config_;
  std::int64_t units_;
  bool use_bias_, reset_after_ = false;
  double dropout_, recurrent_dropout_;
  std::optional<std::uint64_t> seed_;
  std::uint64_t stream_;
  ops::RecurrentOptions options_;
  Variable kernel_, recurrent_kernel_, bias_;
};

using RecurrentCellPtr = std::shared_ptr<RecurrentCell>;

// Of the cells' own classes: a layer of one step.
Layer recurrent_cell_from_config(const CellKind& kind, const nlohmann::json& config);

}  // namespace shoal::layers
