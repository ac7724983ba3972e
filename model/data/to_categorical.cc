#include "model/data/to_categorical.h"

#include <algorithm>
#include <cmath>

#include "common/base/error.h"

namespace shoal::utils {

Tensor to_categorical(const Tensor& y, std::int64_t classes) {
  if (!y.defined()) raise<ValueError>("to_categorical: y is undefined");
  if (classes < 0) raise<ValueError>("to_categorical: classes must not be negative, received {}", classes);
  const auto labels = y.to_vector<double>();
  double largest = -1;
  for (const double label : labels) {
    if (!(label >= 0) || label > 1e9 || label != std::floor(label) ||
        (classes > 0 && label >= static_cast<double>(classes)))
      raise<ValueError>("to_categorical: class numbers must be whole, from 0 and below {}, received {}",
                        classes > 0 ? fmt::format("{}", classes) : "1e9", label);
    largest = std::max(largest, label);
  }
  if (classes == 0) classes = static_cast<std::int64_t>(largest) + 1;

  auto dims = y.shape().dims();
  if (dims.size() > 1 && dims.back() == 1) dims.pop_back();
  dims.push_back(classes);
  Tensor result(Shape(dims), floatx());
  visit_dtype(result.dtype(), [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    T* out = static_cast<T*>(result.mutable_raw());
    for (std::size_t i = 0; i < labels.size(); ++i)
      out[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(labels[i])] = T(1);
  });
  return result;
}

}  // namespace shoal::utils
