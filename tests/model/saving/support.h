#pragma once

#include <signal.h>
#include <sys/resource.h>

#include <memory>
#include <vector>

#include "model/functional/sequential.h"
#include "model/layers/layers.h"
#include "model/train/optimizer.h"

namespace shoal::testing {

// Small, with two layers of one class, one without weights and one without a bias.
inline std::unique_ptr<Sequential> small_model(DType dtype = DType::kFloat32, int units = 3) {
  auto model = std::make_unique<Sequential>();
  model->add(layers::Dense(4, {.activation = "relu", .input_shape = {5}, .name = "first", .dtype = dtype}));
  model->add(layers::Dropout(0.5, {.dtype = dtype}));
  model->add(layers::Dense(2, {.use_bias = false, .dtype = dtype}));
  model->add(layers::Dense(units, {.dtype = dtype}));
  return model;
}

inline void compile(Model& model, const Optimizer& optimizer = optimizers::Adam({.learning_rate = 0.01})) {
  model.compile({.optimizer = optimizer, .loss = "mean_squared_error", .metrics = {"mse"}});
}

// Steps with made-up gradients: weights and optimizer state differ from variable to variable, and from their start.
inline void train_a_little(Model& model, int steps = 3) {
  for (int step = 0; step < steps; ++step) {
    train::ParameterUpdater& updater = model.updater();
    updater.begin_step({model.optimizer().iterations, model.optimizer().learning_rate});
    int index = 0;
    for (const auto& entry : model.parameter_space().entries()) {
      visit_dtype(model.parameter_space().dtype(), [&](auto* type) {
        auto* gradient = static_cast<decltype(type)>(entry.variable.gradient());
        using T = std::remove_pointer_t<decltype(type)>;
        for (std::size_t i = 0; i < entry.size; ++i) gradient[i] = T(0.1) * T(1 + index) - T(0.01) * T(i) + T(step);
      });
      updater.gradient_ready(index++);
    }
    updater.step_done();
    ++model.optimizer().iterations;
  }
}

inline std::vector<std::vector<double>> weights_of(const Model& model) {
  std::vector<std::vector<double>> values;
  for (const Tensor& weight : model.get_weights()) values.push_back(weight.to_vector<double>());
  return values;
}

inline std::vector<std::vector<double>> slots_of(Model& model, int slots) {
  std::vector<std::vector<double>> values;
  const auto& space = model.parameter_space();
  for (std::size_t i = 0; i < space.entries().size(); ++i)
    for (int slot = 0; slot < slots; ++slot) {
      Tensor state(space.entries()[i].variable.shape(), space.dtype());
      model.updater().read_slot(static_cast<int>(i), slot, state.mutable_raw());
      values.push_back(state.to_vector<double>());
    }
  return values;
}

// While it lives, no file of this process grows beyond `bytes`: a full device.
class FullDevice {
 public:
  explicit FullDevice(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    handler_ = ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDevice() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, handler_);
  }
  FullDevice(const FullDevice&) = delete;
  FullDevice& operator=(const FullDevice&) = delete;

 private:
  rlimit before_{};
  void (*handler_)(int) = nullptr;
};

}  // namespace shoal::testing
