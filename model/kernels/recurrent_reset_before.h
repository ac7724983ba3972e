#pragma once

#include "model/kernels/cell_activation.h"
#include "model/kernels/recurrent_products.h"

// The GRU whose reset gate works on the state before the product: a step has two products.
namespace shoal::kernels {

// `z` [rows, gates] holds the products of the update and the reset gate; `masked` [rows, units] is work space.
template <class T>
void reset_before_step(const RecurrentStep<T>& s, const RecurrentProducts<T>& products, const T* dropout, T* z,
                       T* masked) {
  const std::int64_t u = s.shape.units;
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const T* x = s.projected + row * s.projected_row;
    const T* n = z + row * 3 * u;
    T* saved = s.saved + row * s.saved_row;
    for (std::int64_t k = 0; k < u; ++k) {
      saved[k] = cell_value(s.shape.recurrent_activation, x[k] + n[k]);
      saved[u + k] = cell_value(s.shape.recurrent_activation, x[u + k] + n[u + k]);
      const T kept = dropout ? dropout[row * 3 * u + 2 * u + k] : T(1);
      masked[row * u + k] = saved[u + k] * s.h[row * u + k] * kept;
    }
  }
  products.forward(s.rows, 2, masked, nullptr, z);
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const T *x = s.projected + row * s.projected_row + 2 * u, *n = z + row * 3 * u + 2 * u;
    T *h = s.h + row * u, *saved = s.saved + row * s.saved_row;
    const bool counts = !s.mask || s.mask[row * s.mask_row];
    for (std::int64_t k = 0; k < u; ++k) {
      saved[2 * u + k] = cell_value(s.shape.activation, x[k] + n[k]);
      if (counts) h[k] = saved[k] * h[k] + (T(1) - saved[k]) * saved[2 * u + k];
      saved[3 * u + k] = h[k];
    }
  }
}

template <class T>
void reset_before_gradient(const RecurrentStepGradient<T>& s, const RecurrentProducts<T>& products, const T* dropout,
                           T* masked) {
  const std::int64_t u = s.shape.units;
  const auto counts = [&](std::int64_t row) { return !s.mask || s.mask[row * s.mask_row]; };
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const T *saved = s.saved + row * s.saved_row, *before = s.h_before + row * s.before_row;
    T *dh = s.dh + row * u, *dz = s.d_recurrent + row * 3 * u;
    for (std::int64_t k = 0; k < u; ++k) {
      if (s.dy) dh[k] += s.dy[row * s.dy_row + k];
      const T z = saved[k], g = saved[2 * u + k], d = counts(row) ? dh[k] : T(0);
      dz[k] = d * (before[k] - g) * cell_slope(s.shape.recurrent_activation, z);
      dz[2 * u + k] = d * (T(1) - z) * cell_slope(s.shape.activation, g);
    }
  }
  products.backward(s.rows, 2, s.d_recurrent, masked, false);
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const T *saved = s.saved + row * s.saved_row, *before = s.h_before + row * s.before_row;
    T *dh = s.dh + row * u, *dz = s.d_recurrent + row * 3 * u;
    for (std::int64_t k = 0; k < u; ++k) {
      const T kept = dropout ? dropout[row * 3 * u + 2 * u + k] : T(1);
      const T r = saved[u + k], d = masked[row * u + k] * kept;
      dz[u + k] = d * before[k] * cell_slope(s.shape.recurrent_activation, r);
      if (counts(row)) dh[k] = dh[k] * saved[k] + d * r;
    }
    std::copy_n(dz, 3 * u, s.d_projected + row * s.d_projected_row);
  }
}

}  // namespace shoal::kernels
