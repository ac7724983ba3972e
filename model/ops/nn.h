#pragma once

#include <string>

#include "model/tensor/tensor.h"

namespace shoal::ops {

Tensor relu(const Tensor& x);
Tensor sigmoid(const Tensor& x);
Tensor softplus(const Tensor& x);
Tensor softmax(const Tensor& x, int axis = -1);
Tensor log_softmax(const Tensor& x, int axis = -1);

// Element by element: -t log p - (1 - t) log(1 - p), p clipped to [1e-7, 1 - 1e-7]. From logits, which an output made
// by sigmoid counts as, exact.
Tensor binary_crossentropy(const Tensor& target, const Tensor& output, bool from_logits = false);
// Per row. From logits the softmax is fused and stable; from probabilities as Keras: p / sum(p), clipped to
// [1e-7, 1 - 1e-7].
Tensor categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits = false);
// An output made by softmax counts as its logits. target of the sparse one: labels (rows) or (rows, 1), any dtype.
Tensor sparse_categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits = false);

// Inverted dropout: kept values are divided by 1 - rate. `key` names the stream; within a trace the draw depends on
// (key, step, row of the global batch), so nobody's share of the batch changes it.
Tensor dropout(const Tensor& x, double rate, std::uint64_t key);
Tensor random_normal(const Shape& shape, std::uint64_t key, DType dtype = DType::kFloat32);  // mean 0, deviation 1
Tensor random_uniform(const Shape& shape, std::uint64_t key, DType dtype = DType::kFloat32);

}  // namespace shoal::ops
