#include "common/optim/span_kernels.h"

#include "common/optim/highway_span_kernels.h"
#include "common/optim/plain_loops.h"

namespace shoal::optim {

template <class T>
std::vector<SpanKernels<T>> all_span_kernels() {
  std::vector<SpanKernels<T>> builds = {kernels_of<plain::Loops, T>()};
  append_highway_span_kernels(builds);
  return builds;
}

template <class T>
const SpanKernels<T>& span_kernels() {
  static const SpanKernels<T> best = all_span_kernels<T>().back();
  return best;
}

template std::vector<SpanKernels<float>> all_span_kernels();
template std::vector<SpanKernels<double>> all_span_kernels();
template const SpanKernels<float>& span_kernels();
template const SpanKernels<double>& span_kernels();

}  // namespace shoal::optim
