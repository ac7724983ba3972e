#pragma once

#include <algorithm>
#include <cmath>

#include "model/kernels/recurrent.h"

namespace shoal::kernels {

template <class T>
T cell_value(CellActivation activation, T x) {
  switch (activation) {
    case CellActivation::kRelu:
      return x < T(0) ? T(0) : x;  // NaN passes through
    case CellActivation::kSigmoid:
      return T(1) / (T(1) + std::exp(-x));
    case CellActivation::kTanh:
      return std::tanh(x);
    case CellActivation::kHardSigmoid:
      return std::min(std::max(x / T(6) + T(0.5), T(0)), T(1));
    case CellActivation::kSoftsign:
      return x / (T(1) + std::abs(x));
    case CellActivation::kSoftplus:
      return std::max(x, T(0)) + std::log1p(std::exp(-std::abs(x)));
    case CellActivation::kElu:
      return x > T(0) ? x : std::expm1(x);
    case CellActivation::kExponential:
      return std::exp(x);
    case CellActivation::kLinear:
      break;
  }
  return x;
}

// The derivative where the value is y.
template <class T>
T cell_slope(CellActivation activation, T y) {
  switch (activation) {
    case CellActivation::kRelu:
      return y > T(0) ? T(1) : T(0);
    case CellActivation::kSigmoid:
      return y * (T(1) - y);
    case CellActivation::kTanh:
      return T(1) - y * y;
    case CellActivation::kHardSigmoid:
      return y > T(0) && y < T(1) ? T(1) / T(6) : T(0);
    case CellActivation::kSoftsign:
      return (T(1) - std::abs(y)) * (T(1) - std::abs(y));
    case CellActivation::kSoftplus:
      return -std::expm1(-y);
    case CellActivation::kElu:
      return y > T(0) ? T(1) : y + T(1);
    case CellActivation::kExponential:
      return y;
    case CellActivation::kLinear:
      break;
  }
  return T(1);
}

}  // namespace shoal::kernels
