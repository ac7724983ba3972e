#include "tests/end_to_end/job.h"

#include <signal.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "common/base/random.h"
#include "shoal.h"

using namespace shoal;

namespace {

constexpr int kFeatures = 300, kClasses = 10;

struct Data {
  Tensor x, y;
};

// Each class has its own mean; more samples begin with the same ones.
Data make_data(int samples) {
  random::Generator generator(42);
  std::vector<float> means(kClasses * kFeatures), x;
  for (float& mean : means) mean = static_cast<float>(generator.normal());
  std::vector<std::int32_t> y;
  for (int i = 0; i < samples; ++i) {
    y.push_back(static_cast<std::int32_t>(generator.below(kClasses)));
    for (int j = 0; j < kFeatures; ++j)
      x.push_back(0.3F * means[static_cast<std::size_t>(y.back() * kFeatures + j)] +
                  static_cast<float>(generator.normal()));
  }
  return {Tensor(x, {samples, kFeatures}), Tensor(y, {samples, 1})};
}

// The first kernel is larger than a bucket, the rest share one.
std::unique_ptr<Sequential> make_model(const JobOptions& options) {
  auto model = std::make_unique<Sequential>();
  model->add(layers::Dense(64, {.activation = "relu", .input_shape = {kFeatures}}));
  if (options.dropout > 0) model->add(layers::Dropout(options.dropout));
  model->add(layers::Dense(32, {.activation = "relu"}));
  model->add(layers::Dense(kClasses, {.activation = "softmax"}));
  const Optimizer optimizer =
      options.optimizer == "adam" ? Optimizer("adam") : optimizers::SGD({.learning_rate = 0.05, .momentum = 0.9});
  model->compile({.optimizer = optimizer, .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  return model;
}

class Interference : public Callback {
 public:
  explicit Interference(const JobOptions& options) : options_(options) {}
  void on_train_batch_end(int, const Logs&) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(options_.pause));
    if (++batches_ == 1 && options_.rank == 0 && !options_.running.empty()) std::ofstream(options_.running) << "yes\n";
    if (batches_ == options_.kill_at) ::raise(SIGKILL);
    if (options_.scenario == "throw" && options_.rank == 1 && batches_ == 3)
      throw std::runtime_error("no more of this");
  }

 private:
  const JobOptions& options_;
  int batches_ = 0;
};

void report(std::ostream& out, const std::string& name, const std::vector<double>& values) {
  out << name << std::hexfloat;
  for (const double value : values) out << ' ' << value;
  out << '\n';
}

void report(std::ostream& out, const std::string& name, Model& model, const History& history) {
  int i = 0;
  for (const Tensor& weight : model.get_weights())
    report(out, name + ".weight" + std::to_string(i++), weight.to_vector<double>());
  for (const auto& [key, values] : history.history) report(out, name + ".history." + key, values);
}

}  // namespace

void run_job(const JobOptions& options) {
  utils::set_random_seed(7);
  const Data data = make_data(options.samples), held = make_data(37);
  auto model = make_model(options);
  FitOptions fit{.epochs = options.epochs, .batch_size = options.batch, .verbose = 0};
  fit.callbacks = {std::make_shared<Interference>(options)};
  fit.validation_data = ValidationData{held.x, held.y};
  fit.checkpoint = {.directory = options.checkpoint, .every_batches = options.every};
  fit.resume = options.resume;

  std::ostringstream text;
  report(text, "first", *model, model->fit(data.x, data.y, fit));
  if (options.scenario == "set_weights") {
    auto weights = model->get_weights();
    // Only the chief's count: the others set something else.
    for (Tensor& weight : weights)
      for (std::int64_t i = 0; i < weight.shape().elements(); ++i)
        weight.mutable_data<float>()[i] = 0.01F * static_cast<float>(i % 7 - 3) + static_cast<float>(options.rank);
    model->set_weights(weights);
  }
  if (options.scenario == "set_weights" || options.scenario == "two_fits")
    report(text, "second", *model, model->fit(data.x, data.y, fit));
  if (options.scenario == "two_models") {
    JobOptions other = options;
    other.optimizer = options.optimizer == "adam" ? "sgd" : "adam";
    auto second = make_model(other);
    report(text, "other", *second, second->fit(data.x, data.y, fit));
    report(text, "again", *model, model->fit(data.x, data.y, fit));
  }
  const auto [loss, accuracy] = model->evaluate(held.x, held.y, {.batch_size = options.batch, .verbose = 0});
  report(text, "evaluate", {loss, accuracy});
  report(text, "predict", model->predict(held.x, {.batch_size = options.batch}).to_vector<double>());
  if (options.rank == 0 && !options.out.empty()) std::ofstream(options.out) << text.str();
}

int compare_reports(const std::string& a, const std::string& b, double tolerance) {
  std::ifstream left(a), right(b);
  std::string x, y;
  int lines = 0;
  while (true) {
    const bool more = static_cast<bool>(std::getline(left, x)), other = static_cast<bool>(std::getline(right, y));
    if (more != other) {
      std::cout << a << " and " << b << " differ in length\n";
      return 1;
    }
    if (!more) break;
    ++lines;
    std::istringstream xs(x), ys(y);
    std::string name, name_too, u, v;
    xs >> name;
    ys >> name_too;
    double most = 0, difference = 0;
    bool same = name == name_too;
    while (same && (xs >> u)) {
      if (!(ys >> v)) same = false;
      const double p = std::strtod(u.c_str(), nullptr), q = std::strtod(v.c_str(), nullptr);
      most = std::max(most, std::abs(p));
      // not >: NaN must not pass
      if (!(std::abs(p - q) <= difference)) difference = std::isnan(p - q) ? HUGE_VAL : std::abs(p - q);
      if (tolerance == 0 && u != v) same = false;
    }
    if (ys >> v) same = false;
    if (!same || !(difference <= tolerance * most)) {
      std::cout << name << " of " << a << " and " << b << ": largest difference " << difference << ", largest value "
                << most << ", allowed " << tolerance << " of it\n";
      return 1;
    }
  }
  if (lines == 0) std::cout << a << " and " << b << " are empty or missing\n";
  return lines == 0 ? 1 : 0;
}
