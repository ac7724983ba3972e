#pragma once

#include <cstdint>

#include "model/tensor/tensor.h"

namespace shoal::utils {

// Class numbers (n) or (n, 1) -> floatx (n, classes), one 1 in each row. With `classes` 0: the largest number plus
// one. Other shapes gain an axis: (a, b) -> (a, b, classes). ValueError when a number is negative, not whole or not
// below `classes`.
Tensor to_categorical(const Tensor& y, std::int64_t classes = 0);

}  // namespace shoal::utils
