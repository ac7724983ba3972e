#pragma once

#include <cstddef>
#include <vector>

#include "common/optim/formula.h"

// The element loops of the rules. Every build of them (one per instruction set) does the same exact operations in the
// same order, so all give the same bits.
namespace shoal::optim {

template <class T>
struct SpanKernels {
  template <class Step>
  using Update = void (*)(const Step& step, std::size_t n, T* w, const T* g, T* const* slots);
  Update<SgdStep<T>> sgd;
  Update<AdamStep<T>> adam;
  Update<RmspropStep<T>> rmsprop;
  Update<AdagradStep<T>> adagrad;
  void (*add)(std::size_t n, const T* src, T* dst);
};

template <class T>
const SpanKernels<T>& span_kernels();

// The builds this processor can run, the plain loop first, the best last.
template <class T>
std::vector<SpanKernels<T>> all_span_kernels();

// The kernels whose loops are `Loops::run<slots>`: each rule with the number of slots that its options give it.
template <class Loops, class T>
SpanKernels<T> kernels_of() {
  return {
      [](const SgdStep<T>& step, std::size_t n, T* w, const T* g, T* const* slots) {
        step.has_momentum ? Loops::template run<1>(step, n, w, g, slots) : Loops::template run<0>(step, n, w, g, slots);
      },
      [](const AdamStep<T>& step, std::size_t n, T* w, const T* g, T* const* slots) {
        step.amsgrad ? Loops::template run<3>(step, n, w, g, slots) : Loops::template run<2>(step, n, w, g, slots);
      },
      [](const RmspropStep<T>& step, std::size_t n, T* w, const T* g, T* const* slots) {
        if (step.has_momentum && step.centered)
          Loops::template run<3>(step, n, w, g, slots);
        else if (step.has_momentum || step.centered)
          Loops::template run<2>(step, n, w, g, slots);
        else
          Loops::template run<1>(step, n, w, g, slots);
      },
      [](const AdagradStep<T>& step, std::size_t n, T* w, const T* g, T* const* slots) {
        Loops::template run<1>(step, n, w, g, slots);
      },
      Loops::template add<T>,
  };
}

}  // namespace shoal::optim
