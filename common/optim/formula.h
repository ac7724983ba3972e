#pragma once

#include <cmath>
#include <cstdint>

// What one step of a rule needs to know, made from the hyperparameters in double and rounded once to the weights' type.
namespace shoal::optim {

template <class T>
struct SgdStep {
  T learning_rate = 0, momentum = 0;
  bool has_momentum = false, nesterov = false;
};

template <class T>
struct AdamStep {
  T alpha = 0;  // learning rate with both bias corrections
  T one_minus_beta_1 = 0, one_minus_beta_2 = 0, epsilon = 0;
  bool amsgrad = false;
};

inline double adam_alpha(double learning_rate, double beta_1, double beta_2, std::int64_t iteration) {
  const double t = static_cast<double>(iteration) + 1;
  return learning_rate * std::sqrt(1 - std::pow(beta_2, t)) / (1 - std::pow(beta_1, t));
}

}  // namespace shoal::optim
