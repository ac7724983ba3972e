#pragma once

#include <vector>

#include "model/tensor/variable.h"

namespace shoal::ops {

// One size may be -1 (the rest). For a tensor with symbolic rows the rows stay in front: give the full shape with
// kRows-style sizes, or use flatten / reshape_rows.
Tensor reshape(const Tensor& x, const Shape& shape);
Tensor reshape_rows(const Tensor& x,
                    const std::vector<std::int64_t>& row_shape);  // (rows, ...) -> (rows, row_shape...)
Tensor broadcast_to(const Tensor& x, const Shape& shape);
Tensor transpose(const Tensor& x, std::vector<int> permutation = {});  // reversed axes when empty
Tensor expand_dims(const Tensor& x, int axis);
Tensor squeeze(const Tensor& x, int axis);
Tensor cast(const Tensor& x, DType dtype);
Tensor one_hot(const Tensor& labels, std::int64_t classes, DType dtype = DType::kFloat32);
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
Tensor convert_to_tensor(const Variable& variable);  // reads a weight inside call()
Tensor stop_gradient(const Tensor& x);

}  // namespace shoal::ops
