#pragma once

#include <array>
#include <cstddef>

#include "common/optim/rule.h"

// Clipping by norms. A norm is the root of sums of squares of whole blocks of kNormBlock elements from a variable's
// start, in double, added in order: it depends on neither threads nor instruction set.
namespace shoal::optim {

inline constexpr std::size_t kNormBlock = 16384;

// Of at most one block.
double sum_of_squares(std::size_t n, const float* g);
double sum_of_squares(std::size_t n, const double* g);

// Of a gradient that comes in pieces in ascending order and is zero between them, with the bits of the whole.
class SquaresInPieces {
 public:
  template <class T>
  void add(std::size_t begin, std::size_t n, const T* g);  // elements [begin, begin + n) of the variable
  double sum() const;

 private:
  std::array<double, 8> sums_{};  // of the block at hand
  std::size_t block_ = 0;
  double total_ = 0;  // of the blocks before
};

// What gradients are multiplied by so that their norm is at most `limit`: of one variable, as Keras's clipnorm, and of
// all together, as its global_clipnorm, where a norm that is not finite makes every gradient NaN.
double clip_scale(double norm, double limit);
double global_clip_scale(double norm, double limit);

}  // namespace shoal::optim
