#include "tests/end_to_end/job.h"

#include <signal.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "shoal.h"
#include "tests/end_to_end/families.h"

using namespace shoal;

namespace {

Optimizer make_optimizer(const JobOptions& options) {
  const auto set = [](double limit) { return limit > 0 ? std::optional<double>(limit) : std::nullopt; };
  if (options.optimizer == "adam") {
    optimizers::AdamOptions adam;
    adam.clipnorm = set(options.clipnorm);
    adam.global_clipnorm = set(options.global_clipnorm);
    return optimizers::Adam(adam);
  }
  return optimizers::SGD({.learning_rate = 0.05,
                          .momentum = 0.9,
                          .clipnorm = set(options.clipnorm),
                          .global_clipnorm = set(options.global_clipnorm)});
}

Family make_compiled(const JobOptions& options) {
  Family family = make_family(options.model, options.samples, options.dropout);
  CompileOptions compile{.optimizer = make_optimizer(options), .loss = family.loss};
  std::vector<std::vector<Metric>> metrics(family.y.size());
  metrics[0].assign(family.metrics.begin(), family.metrics.end());
  compile.metrics = metrics;
  compile.run_eagerly = options.eagerly;
  family.model->compile(compile);
  return family;
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
  const Family family = make_compiled(options), held = make_family(options.model, 37, options.dropout);
  Model& model = *family.model;
  FitOptions fit{.epochs = options.epochs, .batch_size = options.batch, .verbose = 0};
  fit.callbacks = {std::make_shared<Interference>(options)};
  fit.validation_data = ValidationData{held.x, held.y};
  fit.checkpoint = {.directory = options.checkpoint, .every_batches = options.every};
  fit.resume = options.resume;

  std::ostringstream text;
  report(text, "first", model, model.fit(family.x, family.y, fit));
  if (options.scenario == "set_weights") {
    auto weights = model.get_weights();
    // Only the chief's count: the others set something else.
    for (Tensor& weight : weights)
      for (std::int64_t i = 0; i < weight.shape().elements(); ++i)
        weight.mutable_data<float>()[i] = 0.01F * static_cast<float>(i % 7 - 3) + static_cast<float>(options.rank);
    model.set_weights(weights);
  }
  if (options.scenario == "set_weights" || options.scenario == "two_fits")
    report(text, "second", model, model.fit(family.x, family.y, fit));
  if (options.scenario == "two_models") {
    JobOptions other = options;
    other.optimizer = options.optimizer == "adam" ? "sgd" : "adam";
    const Family second = make_compiled(other);
    report(text, "other", *second.model, second.model->fit(second.x, second.y, fit));
    report(text, "again", model, model.fit(family.x, family.y, fit));
  }
  for (const auto& [name, value] : model.evaluate_all(held.x, held.y, {.batch_size = options.batch, .verbose = 0}))
    report(text, "evaluate." + name, {value});
  for (const Tensor& prediction : model.predict_all(held.x, {.batch_size = options.batch}))
    report(text, "predict", prediction.to_vector<double>());
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
