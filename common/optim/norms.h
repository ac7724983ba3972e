#pragma once

#include <cstddef>

#include "common/optim/rule.h"

// Clipping by norms. A norm is the root of sums of squares of whole blocks of kNormBlock elements from a variable's
// start, in double, added in order: it depends on neither threads nor instruction set.
namespace shoal::optim {

inline constexpr std::size_t kNormBlock = 16384;

// Of at most one block.
double sum_of_squares(std::size_t n, const float* g);
double sum_of_squares(std::size_t n, const double* g);

// What gradients are multiplied by so that their norm is at most `limit`: of one variable, as Keras's clipnorm, and of
// all together, as its global_clipnorm, where a norm that is not finite makes every gradient NaN.
double clip_scale(double norm, double limit);
double global_clip_scale(double norm, double limit);

}  // namespace shoal::optim
