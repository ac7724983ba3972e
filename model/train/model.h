#pragma once

#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "model/functional/network.h"
#include "model/layers/layer.h"
#include "model/train/callback.h"
#include "model/train/compile_options.h"
#include "model/train/history.h"
#include "model/train/parameter_updater.h"

namespace shoal {

// Keep checkpoints while fitting: see docs/checkpoint.md.
struct CheckpointOptions {
  std::string directory = {};      // empty: none
  std::int64_t every_batches = 0;  // 0: not by batches
  double every_seconds = 0;        // 0: not by time; with neither, once per epoch
  int keep = 2;                    // the last so many
};

struct ValidationData {
  Several<Tensor> x, y;
  Several<Tensor> sample_weight = {};
};

struct FitOptions {
  int epochs = 1;
  std::int64_t batch_size = 32;            // of the global batch, over all workers
  std::int64_t batch_size_per_worker = 0;  // if set, the global batch is this times the workers
  int verbose = -1;                        // -1 auto, 0 silent, 1 bar, 2 one line per epoch
  std::vector<CallbackPtr> callbacks = {};
  double validation_split = 0;
  std::optional<ValidationData> validation_data = {};
  bool shuffle = true;
  // The loss of a sample of this class counts so many times; 1 for classes that are not here.
  std::map<std::int64_t, double> class_weight = {};
  // One for each sample (or each step of it), of all outputs or of each: values of the loss are multiplied by it, the
  // mean is over as many values as without. Weighted metrics are means by weight.
  Several<Tensor> sample_weight = {};
  int initial_epoch = 0;
  std::int64_t validation_batch_size = 0;  // 0: batch_size
  CheckpointOptions checkpoint = {};
  bool resume = false;  // go on from the newest sound checkpoint in checkpoint.directory
  // Where the time goes: a file for Chrome's tracing page, and a table printed at the end. Empty: what the variable
  // SHOAL_PROFILE names, if anything. Workers but the chief write beside it: "trace.worker1.json".
  std::string profile = {};
};

struct EvaluateOptions {
  std::int64_t batch_size = 32;
  int verbose = -1;
  Several<Tensor> sample_weight = {};  // as in FitOptions
};

struct PredictOptions {
  std::int64_t batch_size = 32;
  int verbose = 0;
};

// [loss, first metric, ...]; `auto [loss, accuracy] = model.evaluate(x, y)` takes the first two.
struct Evaluation {
  double loss = 0;
  double metric = 0;  // the first metric; NaN when there is none
};

// keras.Model: layers between inputs and outputs, and their training. One that is no plain stack is made of symbolic
// tensors:
//   const KerasTensor image = Input({28, 28, 1}, {.name = "image"}), id = Input({1}, {.name = "id"});
//   Model model({image, id}, layers::Dense(10, {.name = "digit"})(...));
// A model may stand as a layer in another one, where its weights are the same.
class Model {
 public:
  Model(const Several<KerasTensor>& inputs, const Several<KerasTensor>& outputs, const std::string& name = "");
  explicit Model(std::shared_ptr<NetworkImpl> network);
  virtual ~Model();
  Model(Model&& other) noexcept;
  Model& operator=(Model&& other) noexcept;

  // --- Keras's ---
  void compile(CompileOptions options);
  // x: a tensor, several in the order of the inputs, or by their names; y: as the outputs.
  History fit(const Several<Tensor>& x, const Several<Tensor>& y, const FitOptions& options = {});
  Evaluation evaluate(const Several<Tensor>& x, const Several<Tensor>& y, const EvaluateOptions& options = {});
  Logs evaluate_all(const Several<Tensor>& x, const Several<Tensor>& y,
                    const EvaluateOptions& options = {});                        // return_dict=True
  Tensor predict(const Several<Tensor>& x, const PredictOptions& options = {});  // of a model with one output
  std::vector<Tensor> predict_all(const Several<Tensor>& x, const PredictOptions& options = {});  // every output

  // The model as a layer: of another model, or called by itself.
  operator Layer() const { return Layer(network_); }  // NOLINT
  Tensor operator()(const Tensor& x, bool training = false) const;
  KerasTensor operator()(const KerasTensor& input) const { return Layer(network_)(input); }
  KerasTensor operator()(const std::vector<KerasTensor>& inputs) const { return Layer(network_)(inputs); }
  // All outputs.
  std::vector<Tensor> call(const std::vector<Tensor>& inputs, bool training = false) const;
  std::vector<KerasTensor> call(const std::vector<KerasTensor>& inputs) const { return Layer(network_).call(inputs); }

  std::vector<Variable> weights() const { return network_->weights(); }
  std::vector<Variable> trainable_weights() const;
  std::vector<Tensor> get_weights() const;
  void set_weights(const std::vector<Tensor>& values);
  std::int64_t count_params() const { return network_->count_params(); }
  void set_trainable(bool trainable) { network_->set_trainable(trainable); }
  std::vector<Layer> layers() const { return network_->layers(); }  // of a Sequential without its input layer
  Layer get_layer(const std::string& name) const;
  const std::string& name() const { return network_->name(); }
  void set_name(std::string name) { network_->set_name(std::move(name)); }
  std::string class_name() const { return network_->class_name(); }  // "Sequential", "Functional"
  nlohmann::json get_config() const { return network_->config(); }   // Keras's "config"
  bool stop_training = false;

  // What a loop of one's own adds to its loss, each a scalar: what layers added in the last call of this model, and the
  // regularizers of trained weights as they are now.
  std::vector<Tensor> losses() const;
  // One step of a loop of one's own: applies gradients, in the order of trainable_weights(), with the optimizer that
  // `compile` was given. In a job of several workers it throws ValueError: there `fit` is the loop.
  void apply_gradients(const std::vector<Tensor>& gradients);

  void build(const Shape& input) { network_->ensure_built(input); }  // with kRows in front; makes all weights
  bool built() const { return !network_->input_shapes().empty(); }
  Shape input_shape() const;                                                          // the first; rank 0 while unknown
  std::vector<Shape> input_shapes() const { return network_->input_shapes(); }        // with kRows; none while unknown
  std::vector<Shape> output_shapes() const { return network_->output_shapes(); }      // with kRows; none while unknown
  std::vector<std::string> input_names() const { return network_->input_names(); }    // of the input layers
  std::vector<std::string> output_names() const { return network_->output_names(); }  // of the layers that give them

  // Defined in model/saving and model/viz.
  void save(const std::string& path);          // .keras
  void save_weights(const std::string& path);  // .weights.h5
  void load_weights(const std::string& path);
  void summary();  // on the chief's stdout
  std::string summary_text(int width = 0);

  // --- for saving, checkpoints and callbacks ---
  bool compiled() const;
  const CompileOptions& compile_options() const;
  Optimizer& optimizer();                   // throws ValueError before compile
  const ParameterSpace& parameter_space();  // built at need
  train::ParameterUpdater& updater();       // made at need: holds the optimizer's state
  const std::shared_ptr<NetworkImpl>& network() const { return network_; }

  struct State;
  State& state() { return *state_; }  // model/train's own

 private:
  std::vector<Tensor> keep_losses(const std::function<std::vector<Tensor>()>& called) const;

  std::shared_ptr<NetworkImpl> network_;
  std::unique_ptr<State> state_;
};

}  // namespace shoal
