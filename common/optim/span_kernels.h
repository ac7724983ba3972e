#pragma once

#include <cstddef>
#include <vector>

#include "common/optim/formula.h"

// The element loops of the rules. Every build of them (one per instruction set) does the same exact operations in the
// same order, so all give the same bits.
namespace shoal::optim {

template <class T>
struct SpanKernels {
  // slots: velocity (only with momentum)
  void (*sgd)(const SgdStep<T>& step, std::size_t n, T* w, const T* g, T* const* slots);
  // slots: first moment, second moment, and with amsgrad the largest second moment
  void (*adam)(const AdamStep<T>& step, std::size_t n, T* w, const T* g, T* const* slots);
  void (*add)(std::size_t n, const T* src, T* dst);
};

template <class T>
const SpanKernels<T>& span_kernels();

// The builds this processor can run, the plain loop first, the best last.
template <class T>
std::vector<SpanKernels<T>> all_span_kernels();

}  // namespace shoal::optim
