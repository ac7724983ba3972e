#pragma once

#include <cmath>
#include <cstdint>

// What one step of a rule needs to know, made from the hyperparameters in double and rounded once to the weights' type.
// The arithmetic is in rule_formulas.h.
namespace shoal::optim {

// What comes before every rule: scaled gradient, clipped gradient, decayed weight.
template <class T>
struct Preparation {
  T gradient_scale = 1, clipvalue = 0, weight_decay = 0, learning_rate = 0;
  bool scales = false, clips = false, decays = false;
  bool needed() const { return scales || clips || decays; }
};

template <class T>
struct SgdStep {
  T learning_rate = 0, momentum = 0;
  bool has_momentum = false, nesterov = false;
  Preparation<T> before = {};
};

template <class T>
struct AdamStep {
  T alpha = 0;  // learning rate with both bias corrections
  T one_minus_beta_1 = 0, one_minus_beta_2 = 0, epsilon = 0;
  bool amsgrad = false;
  Preparation<T> before = {};
};

template <class T>
struct RmspropStep {
  T learning_rate = 0, rho = 0, one_minus_rho = 0, momentum = 0, epsilon = 0;
  bool has_momentum = false, centered = false;
  Preparation<T> before = {};
};

template <class T>
struct AdagradStep {
  T learning_rate = 0, epsilon = 0;
  Preparation<T> before = {};
};

inline double adam_alpha(double learning_rate, double beta_1, double beta_2, std::int64_t iteration) {
  const double t = static_cast<double>(iteration) + 1;
  return learning_rate * std::sqrt(1 - std::pow(beta_2, t)) / (1 - std::pow(beta_1, t));
}

}  // namespace shoal::optim
