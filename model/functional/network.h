#pragma once

#include <string>
#include <vector>

#include "model/layers/layer.h"

namespace shoal {

// Layers that make up one: what a model runs, and what stands in another model where a model is used as a layer. The
// models share it, as they share layers.
class NetworkImpl : public LayerImpl {
 public:
  using LayerImpl::LayerImpl;

  virtual std::vector<Layer> layers() const = 0;         // in Keras's order
  virtual std::vector<Shape> input_shapes() const = 0;   // with kRows; none while unknown
  virtual std::vector<Shape> output_shapes() const = 0;  // with kRows; none while unknown
  virtual std::vector<std::string> input_names() const = 0;
  virtual std::vector<std::string> output_names() const = 0;  // of the layers that give them
  // What data of this dtype become before they enter.
  virtual DType input_dtype(std::size_t input, DType given) const = 0;

  bool casts_inputs() const override { return false; }
};

namespace functional {

// A Functional's: from inputs to outputs. Symbolic inputs that are not made by Input() become inputs of their own.
std::shared_ptr<NetworkImpl> make_functional(std::vector<KerasTensor> inputs, std::vector<KerasTensor> outputs,
                                             std::string name);
// From Keras's "config" of a Functional model, of Keras 3 or 2.
std::shared_ptr<NetworkImpl> functional_from_config(const nlohmann::json& config);
// From Keras's "config" of a Sequential model, of Keras 3 or 2.
std::shared_ptr<NetworkImpl> sequential_from_config(const nlohmann::json& config);

// How a summary shows it: a row for each layer, operations included.
struct SummaryRow {
  Layer layer;
  std::vector<Shape> outputs;      // none while unknown
  std::vector<std::string> links;  // "dense[0][0]"
};
struct SummaryRows {
  std::vector<SummaryRow> rows;
  bool is_chain = true;  // then nobody asks for links
};
SummaryRows summary_rows(const NetworkImpl& network);

}  // namespace functional
}  // namespace shoal
