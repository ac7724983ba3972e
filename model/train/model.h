#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "model/layers/layer.h"
#include "model/losses/loss.h"
#include "model/metrics/metric.h"
#include "model/train/callback.h"
#include "model/train/history.h"
#include "model/train/optimizer.h"
#include "model/train/parameter_updater.h"

namespace shoal {

// Options are given by designated initialisers, in this order.
struct CompileOptions {
  Optimizer optimizer = "rmsprop";   // a name, or optimizers::Adam({.learning_rate = 1e-4})
  Loss loss = {};                    // a name, losses::..., or a function (y_true, y_pred) -> value per row
  std::vector<Metric> metrics = {};  // names or metrics::...
  bool run_eagerly = false;          // node by node, for debugging
};

// Keep checkpoints while fitting: see docs/checkpoint.md.
struct CheckpointOptions {
  std::string directory = {};      // empty: none
  std::int64_t every_batches = 0;  // 0: not by batches
  double every_seconds = 0;        // 0: not by time; with neither, once per epoch
  int keep = 2;                    // the last so many
};

struct ValidationData {
  Tensor x, y;
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
  int initial_epoch = 0;
  std::int64_t validation_batch_size = 0;  // 0: batch_size
  CheckpointOptions checkpoint = {};
  bool resume = false;  // go on from the newest sound checkpoint in checkpoint.directory
};

struct EvaluateOptions {
  std::int64_t batch_size = 32;
  int verbose = -1;
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

class Model {
 public:
  explicit Model(std::string name = "");
  virtual ~Model();
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // --- what a kind of model says ---
  virtual Tensor call(const Tensor& x, bool training) = 0;
  virtual const std::vector<Layer>& layers() const = 0;  // in order; without input layers
  virtual std::string class_name() const = 0;            // "Sequential"
  virtual nlohmann::json get_config() const = 0;         // Keras's "config"
  virtual void build(const Shape& input) = 0;            // with kRows in front; makes all weights
  virtual Shape input_shape() const = 0;                 // with kRows; rank 0 while unknown

  // --- Keras's ---
  void compile(CompileOptions options);
  History fit(const Tensor& x, const Tensor& y, const FitOptions& options = {});
  Evaluation evaluate(const Tensor& x, const Tensor& y, const EvaluateOptions& options = {});
  Logs evaluate_all(const Tensor& x, const Tensor& y, const EvaluateOptions& options = {});  // return_dict=True
  Tensor predict(const Tensor& x, const PredictOptions& options = {});

  std::vector<Variable> weights() const;
  std::vector<Variable> trainable_weights() const;
  std::vector<Tensor> get_weights() const;
  void set_weights(const std::vector<Tensor>& values);
  std::int64_t count_params() const;
  Layer get_layer(const std::string& name) const;
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  bool built() const { return input_shape().rank() > 0; }
  bool stop_training = false;

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

  struct State;
  State& state() { return *state_; }  // model/train's own

 private:
  std::string name_;
  std::unique_ptr<State> state_;
};

}  // namespace shoal
