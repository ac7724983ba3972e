#include "model/layers/recurrent_cell.h"

#include "common/base/error.h"
#include "common/base/random.h"
#include "model/layers/config.h"
#include "model/layers/initializers.h"

namespace shoal::layers {

using json = nlohmann::json;

const CellKind kSimpleRnn{"SimpleRNN", "simple_rnn", 1, 1};
const CellKind kLstm{"LSTM", "lstm", 4, 2};
const CellKind kGru{"GRU", "gru", 3, 1};

namespace {

// A missing key takes `fallback`, null is the linear function.
std::string read_function(const char* place, const json& config, const char* key, const char* fallback) {
  if (!config.contains(key)) return fallback;
  const std::string name = read_activation(place, {{"activation", config[key]}});
  ops::check_cell_activation(place, name);
  return name;
}

double read_rate(const char* place, const json& config, const char* key) {
  const double rate = read_number(place, config, key, 0);
  if (!(rate >= 0 && rate < 1)) raise("{}: {} must be in [0, 1), received {}", place, key, rate);
  return rate;
}

json initializer(const json& config, const char* key, const char* fallback) {
  return initializers::get_config(config.contains(key) && !config[key].is_null() ? config[key] : json(fallback));
}

}  // namespace

RecurrentCell::RecurrentCell(const CellKind& kind, const json& config)
    : LayerImpl(read_text(kind.class_name, config, "name", "")), kind_(kind), stream_(random::next_stream()) {
  const char* place = kind.class_name;
  units_ = read_integer(place, config, "units");
  check_positive(place, "units", units_);
  use_bias_ = read_flag(place, config, "use_bias", true);
  dropout_ = read_rate(place, config, "dropout");
  recurrent_dropout_ = read_rate(place, config, "recurrent_dropout");
  if (config.contains("seed") && !config["seed"].is_null())
    seed_ = static_cast<std::uint64_t>(read_integer(place, config, "seed"));
  options_.cell = kind.cell;
  options_.activation = read_function(place, config, "activation", "tanh");
  config_ = {{"units", units_},
             {"activation", options_.activation},
             {"use_bias", use_bias_},
             {"kernel_initializer", initializer(config, "kernel_initializer", "glorot_uniform")},
             {"recurrent_initializer", initializer(config, "recurrent_initializer", "orthogonal")},
             {"bias_initializer", initializer(config, "bias_initializer", "zeros")},
             {"kernel_regularizer", nullptr},
             {"recurrent_regularizer", nullptr},
             {"bias_regularizer", nullptr},
             {"kernel_constraint", nullptr},
             {"recurrent_constraint", nullptr},
             {"bias_constraint", nullptr},
             {"dropout", dropout_},
             {"recurrent_dropout", recurrent_dropout_},
             {"seed", seed_ ? json(*seed_) : json()}};
  if (&kind == &kSimpleRnn) return;
  options_.recurrent_activation = read_function(place, config, "recurrent_activation", "sigmoid");
  config_["recurrent_activation"] = options_.recurrent_activation;
  if (&kind == &kLstm) {
    config_["unit_forget_bias"] = read_flag(place, config, "unit_forget_bias", true);
    return;
  }
  reset_after_ = read_flag(place, config, "reset_after", true);
  config_["reset_after"] = reset_after_;
  if (!reset_after_) options_.cell = "gru_reset_before";
}

void RecurrentCell::check_inputs(const std::vector<Shape>& inputs) const {
  if (inputs.size() != 1 && inputs.size() != 1 + static_cast<std::size_t>(states()))
    raise("layer '{}': {} takes a step and {} states, received {} inputs", name(), class_name(), states(),
          inputs.size());
  require_rank(*this, inputs[0], 2);
  if (built()) require_last_axis(*this, inputs[0], build_shape()[-1]);
}

void RecurrentCell::build_all(const std::vector<Shape>& inputs) {
  const std::int64_t width = units_ * kind_.gates;
  kernel_ = add_weight("kernel", {inputs.at(0)[-1], width}, config_["kernel_initializer"]);
  recurrent_kernel_ = add_weight("recurrent_kernel", {units_, width}, config_["recurrent_initializer"]);
  if (!use_bias_) return;
  bias_ = add_weight("bias", reset_after_ ? Shape{2, width} : Shape{width}, config_["bias_initializer"]);
  if (!config_.value("unit_forget_bias", false)) return;
  visit_dtype(bias_.dtype(), [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    std::fill_n(static_cast<T*>(bias_.data()) + units_, units_, T(1));
  });
}

std::vector<Tensor> RecurrentCell::call_all(const std::vector<Tensor>& inputs, const CallOptions& options) {
  const Tensor step = ops::reshape_rows(inputs.at(0), {1, inputs[0].shape()[-1]});
  const ops::RecurrentOutputs y =
      run(step, std::span(inputs).subspan(1), Tensor(), /*go_backwards=*/false, options.training);
  std::vector<Tensor> outputs = y.states;
  outputs.insert(outputs.begin(), y.states[0]);
  return outputs;
}

// Ones of which some are dropped, one for each row of the batch, the same in every step.
Tensor RecurrentCell::ones_or_zeros(const Shape& shape, DType dtype, double rate, int stream) const {
  Tensor one(Shape{}, DType::kFloat64);
  *one.mutable_data<double>() = 1;
  const std::uint64_t base = seed_ ? random::mix(*seed_, 0) : random::mix(random::global_seed(), stream_);
  return ops::dropout(ops::broadcast_to(one.astype(dtype), shape), rate,
                      random::mix(base, static_cast<std::uint64_t>(stream) + 1));
}

// x W + b of all steps. With recurrent dropout every gate of LSTM and GRU has a draw of its own, as in Keras.
Tensor RecurrentCell::project(const Tensor& x, bool training) const {
  const Tensor kernel = ops::convert_to_tensor(kernel_);
  const Shape row{x.shape()[0], 1, x.shape()[2]};
  const bool drops = training && dropout_ > 0;
  Tensor z;
  if (drops && recurrent_dropout_ > 0 && kind_.gates > 1) {
    std::vector<Tensor> gates;
    for (const Tensor& part : ops::split(kernel, static_cast<int>(kind_.gates), 1)) {
      const Tensor kept = ones_or_zeros(row, x.dtype(), dropout_, static_cast<int>(gates.size()));
      gates.push_back(ops::matmul(x * kept, part));
    }
    z = ops::concatenate(gates, -1);
  } else {
    z = ops::matmul(drops ? x * ones_or_zeros(row, x.dtype(), dropout_, 0) : x, kernel);
  }
  if (!use_bias_) return z;
  const Tensor bias = ops::convert_to_tensor(bias_);
  return z + (reset_after_ ? ops::squeeze(ops::slice_axis(bias, 0, 0, 1), 0) : bias);
}

ops::RecurrentOutputs RecurrentCell::run(const Tensor& x, std::span<const Tensor> states, const Tensor& mask,
                                         bool go_backwards, bool training) const {
  ops::RecurrentInputs inputs{.projected = project(x, training), .kernel = ops::convert_to_tensor(recurrent_kernel_)};
  if (use_bias_ && reset_after_) inputs.bias = ops::squeeze(ops::slice_axis(ops::convert_to_tensor(bias_), 0, 1, 2), 0);
  if (!states.empty()) inputs.h = states[0];
  if (states.size() > 1) inputs.c = states[1];
  inputs.mask = mask;
  if (training && recurrent_dropout_ > 0)
    inputs.dropout = ones_or_zeros({x.shape()[0], units_ * kind_.gates}, x.dtype(), recurrent_dropout_,
                                   static_cast<int>(kind_.gates));
  ops::RecurrentOptions options = options_;
  options.go_backwards = go_backwards;
  return ops::recurrent(inputs, options);
}

Layer recurrent_cell_from_config(const CellKind& kind, const json& config) {
  require_value(kind.class_name, config, "activity_regularizer", nullptr);  // a matter of the layer around the cell
  Layer layer = make_layer<RecurrentCell>(kind, config);
  read_common(*layer, config);
  return layer;
}

}  // namespace shoal::layers
