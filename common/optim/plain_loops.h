#pragma once

#include <cmath>

#include "common/optim/span_kernels.h"

namespace shoal::optim::plain {

#include "common/optim/rule_formulas.h"

template <class T>
struct Lanes {
  static T set(T x) { return x; }
  static T sqrt(T x) { return std::sqrt(x); }
  static T if_greater(T a, T b, T x, T y) { return a > b ? x : y; }
};

// Element by element from `begin`.
template <int kSlots, class Step, class T>
void loop(const Step step, std::size_t begin, std::size_t n, T* w, const T* g, T* const* slots) {
  const bool prepared = step.before.needed();
  for (std::size_t i = begin; i < n; ++i) {
    T weight = w[i], gradient = g[i], state[kSlots + 1];
    for (int s = 0; s < kSlots; ++s) state[s] = slots[s][i];
    if (prepared) plain::prepare(step.before, Lanes<T>(), weight, gradient);
    plain::update<kSlots>(step, Lanes<T>(), weight, gradient, state);
    for (int s = 0; s < kSlots; ++s) slots[s][i] = state[s];
    w[i] = weight;
  }
}

// Steps with zero gradients, element by element from `begin`.
template <int kSlots, class Step, class T>
void replay(const Step* steps, std::size_t count, std::size_t begin, std::size_t n, T* w, T* const* slots) {
  for (std::size_t i = begin; i < n; ++i) {
    T weight = w[i], state[kSlots + 1];
    for (int s = 0; s < kSlots; ++s) state[s] = slots[s][i];
    for (const Step* step = steps; step != steps + count; ++step) {
      T gradient = 0;
      if (step->before.needed()) plain::prepare(step->before, Lanes<T>(), weight, gradient);
      plain::update<kSlots>(*step, Lanes<T>(), weight, gradient, state);
    }
    for (int s = 0; s < kSlots; ++s) slots[s][i] = state[s];
    w[i] = weight;
  }
}

template <class T>
void add(std::size_t begin, std::size_t n, const T* src, T* dst) {
  for (std::size_t i = begin; i < n; ++i) dst[i] = src[i] + dst[i];
}

struct Loops {
  template <int kSlots, class Step, class T>
  static void run(const Step& step, std::size_t n, T* w, const T* g, T* const* slots) {
    loop<kSlots>(step, 0, n, w, g, slots);
  }
  template <int kSlots, class Step, class T>
  static void replay(const Step* steps, std::size_t count, std::size_t n, T* w, T* const* slots) {
    plain::replay<kSlots>(steps, count, 0, n, w, slots);
  }
  template <class T>
  static void add(std::size_t n, const T* src, T* dst) {
    plain::add(0, n, src, dst);
  }
};

}  // namespace shoal::optim::plain
