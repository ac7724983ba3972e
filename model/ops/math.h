#pragma once

#include <vector>

#include "model/tensor/tensor.h"

// keras.ops: names and meaning are Keras's, broadcasting is NumPy's. Each call adds a node to a graph.
namespace shoal::ops {

// Elementwise, with broadcasting. Operands have one dtype; a C++ scalar takes the other operand's.
Tensor add(const Tensor& a, const Tensor& b);
Tensor subtract(const Tensor& a, const Tensor& b);
Tensor multiply(const Tensor& a, const Tensor& b);
Tensor divide(const Tensor& a, const Tensor& b);
Tensor maximum(const Tensor& a, const Tensor& b);
Tensor minimum(const Tensor& a, const Tensor& b);
Tensor power(const Tensor& a, const Tensor& b);
Tensor equal(const Tensor& a, const Tensor& b);          // bool
Tensor not_equal(const Tensor& a, const Tensor& b);      // bool
Tensor greater(const Tensor& a, const Tensor& b);        // bool
Tensor greater_equal(const Tensor& a, const Tensor& b);  // bool
Tensor less(const Tensor& a, const Tensor& b);           // bool
Tensor less_equal(const Tensor& a, const Tensor& b);     // bool
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b);

Tensor logical_and(const Tensor& a, const Tensor& b);  // of bool operands, as the two below
Tensor logical_or(const Tensor& a, const Tensor& b);
Tensor logical_not(const Tensor& x);

Tensor negative(const Tensor& x);
Tensor abs(const Tensor& x);
Tensor sign(const Tensor& x);
Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor log1p(const Tensor& x);
Tensor expm1(const Tensor& x);
Tensor erf(const Tensor& x);
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor floor(const Tensor& x);  // its gradient is zero
Tensor rsqrt(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor square(const Tensor& x);
Tensor tanh(const Tensor& x);
Tensor clip(const Tensor& x, double low, double high);

// Over `axes` (all when empty). The mean over the rows of a traced batch divides by the rows of the global batch.
Tensor sum(const Tensor& x, std::vector<int> axes = {}, bool keepdims = false);
Tensor mean(const Tensor& x, std::vector<int> axes = {}, bool keepdims = false);
Tensor max(const Tensor& x, std::vector<int> axes = {}, bool keepdims = false);
Tensor min(const Tensor& x, std::vector<int> axes = {}, bool keepdims = false);
Tensor var(const Tensor& x, std::vector<int> axes = {}, bool keepdims = false);  // the mean of (x - mean)^2
Tensor any(const Tensor& x, std::vector<int> axes = {}, bool keepdims = false);  // of a bool tensor
Tensor all(const Tensor& x, std::vector<int> axes = {}, bool keepdims = false);  // of a bool tensor
Tensor argmax(const Tensor& x, int axis = -1);                                   // int64; the first of equals

// NumPy's rule: (..., m, k) x (..., k, n), leading axes broadcast; a matrix or vector b takes every row of a, which
// then may have any rank. The last two axes of an operand may be stored transposed.
Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

}  // namespace shoal::ops

namespace shoal {
inline Tensor operator+(const Tensor& a, const Tensor& b) { return ops::add(a, b); }
inline Tensor operator-(const Tensor& a, const Tensor& b) { return ops::subtract(a, b); }
inline Tensor operator*(const Tensor& a, const Tensor& b) { return ops::multiply(a, b); }
inline Tensor operator/(const Tensor& a, const Tensor& b) { return ops::divide(a, b); }
inline Tensor operator-(const Tensor& x) { return ops::negative(x); }
}  // namespace shoal
