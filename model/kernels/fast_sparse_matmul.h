#pragma once

#include <cstddef>

#include "model/kernels/fast.h"

// Products whose a is mostly zeros, as what comes out of a ReLU: each row of c is the sum of those rows of b that meet
// something else, in the order of tiles and so with their sums. A zero of a times an infinity of b is left out.
namespace shoal::kernels::fast {

// Whether lists are worth while for a product of this shape, and for this a.
bool can_be_sparse(const MatmulArgs<float>& args);
bool is_sparse(const MatmulArgs<float>& args);

// c = a b, or c + a b; without bias and activation.
void sparse_matmul(const Level& level, const MatmulArgs<float>& args);
std::size_t sparse_matmul_scratch(const Level& level, const MatmulArgs<float>& args);

}  // namespace shoal::kernels::fast
