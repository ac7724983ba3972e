#pragma once

#include <cmath>

#include "common/optim/span_kernels.h"

namespace shoal::optim::plain {

template <class T>
void sgd(const SgdStep<T>& step, std::size_t n, T* w, const T* g, T* const* slots) {
  if (!step.has_momentum) {
    for (std::size_t i = 0; i < n; ++i) w[i] -= step.learning_rate * g[i];
    return;
  }
  T* velocity = slots[0];
  for (std::size_t i = 0; i < n; ++i) {
    const T pull = step.learning_rate * g[i];
    const T v = step.momentum * velocity[i] - pull;
    velocity[i] = v;
    w[i] += step.nesterov ? step.momentum * v - pull : v;
  }
}

template <class T>
void adam(const AdamStep<T>& step, std::size_t n, T* w, const T* g, T* const* slots) {
  T *moment = slots[0], *velocity = slots[1], *largest = step.amsgrad ? slots[2] : nullptr;
  for (std::size_t i = 0; i < n; ++i) {
    const T m = moment[i] + (g[i] - moment[i]) * step.one_minus_beta_1;
    T v = velocity[i] + (g[i] * g[i] - velocity[i]) * step.one_minus_beta_2;
    moment[i] = m;
    velocity[i] = v;
    if (largest) largest[i] = v = largest[i] > v ? largest[i] : v;
    w[i] -= m * step.alpha / (std::sqrt(v) + step.epsilon);
  }
}

template <class T>
void add(std::size_t n, const T* src, T* dst) {
  for (std::size_t i = 0; i < n; ++i) dst[i] = src[i] + dst[i];
}

}  // namespace shoal::optim::plain
