#pragma once

#include <array>
#include <vector>

#include "model/tensor/tensor.h"

namespace shoal::ops {

// One size may be -1 (the rest). For a tensor with symbolic rows the rows stay in front: give the full shape with
// kRows-style sizes, or use flatten / reshape_rows.
Tensor reshape(const Tensor& x, const Shape& shape);
Tensor reshape_rows(const Tensor& x,
                    const std::vector<std::int64_t>& row_shape);  // (rows, ...) -> (rows, row_shape...)
Tensor broadcast_to(const Tensor& x, const Shape& shape);
Tensor transpose(const Tensor& x, std::vector<int> permutation = {});  // reversed axes when empty
// Zeros before and after, a pair of widths for each axis; a negative width cuts cells off.
Tensor pad(const Tensor& x, std::vector<std::array<std::int64_t, 2>> pad_width);
Tensor repeat(const Tensor& x, std::int64_t repeats, int axis);  // each slice so many times; not over the batch's rows
Tensor expand_dims(const Tensor& x, int axis);
Tensor squeeze(const Tensor& x, int axis);
Tensor cast(const Tensor& x, DType dtype);
Tensor one_hot(const Tensor& labels, std::int64_t classes, DType dtype = DType::kFloat32);
Tensor zeros_like(const Tensor& x);
Tensor ones_like(const Tensor& x);
Tensor arange(std::int64_t stop, DType dtype = DType::kInt32);  // 0, 1, ..., stop - 1
// How many rows this process's part of the batch has, a scalar: known only when the step runs where `x` has symbolic
// rows.
Tensor row_count(const Tensor& x, DType dtype);
Tensor stop_gradient(const Tensor& x);

}  // namespace shoal::ops
