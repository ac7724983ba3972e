#include "tests/model/autograd/differences.h"

#include <algorithm>
#include <cmath>

#include "common/base/random.h"
#include "model/autograd/gradients.h"

namespace shoal::testing {

Tensor numbers(const Shape& shape, double low, double high, std::uint64_t seed) {
  random::Generator generator(seed);
  Tensor result(shape, DType::kFloat64);
  double* values = result.mutable_data<double>();
  for (std::int64_t i = 0; i < shape.elements(); ++i) values[i] = low + (high - low) * generator.uniform();
  return result;
}

Tensor integers(const std::vector<std::int64_t>& values) {
  return Tensor(values, Shape{static_cast<std::int64_t>(values.size())});
}

Tensor weighted_sum(const Tensor& output) { return ops::sum(output * numbers(output.shape(), 0.5, 1.5, 99)); }

double gradient_error(const Function& function, const std::vector<Tensor>& inputs) {
  constexpr double kStep = 1e-5;
  const std::vector<Tensor> derived = gradients(weighted_sum(function(inputs)), inputs);
  double worst = 0, largest = 1e-3;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const double* gradient = derived[i].data<double>();
    for (std::int64_t e = 0; e < inputs[i].shape().elements(); ++e) {
      const auto at = [&](double step) {
        std::vector<Tensor> moved = inputs;
        moved[i] = inputs[i].clone();
        moved[i].mutable_data<double>()[e] += step;
        return weighted_sum(function(moved)).item();
      };
      const double difference = (at(kStep) - at(-kStep)) / (2 * kStep);
      worst = std::max(worst, std::abs(difference - gradient[e]));
      if (std::isnan(difference - gradient[e])) return INFINITY;
      largest = std::max(largest, std::abs(difference));
    }
  }
  return worst / largest;
}

}  // namespace shoal::testing
