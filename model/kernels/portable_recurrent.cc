#include "model/kernels/cell_activation.h"
#include "model/kernels/portable.h"

namespace shoal::kernels::portable {
namespace {

template <class T>
void keep_state(const CellShape& shape, const T* h, const T* c, T* saved) {
  std::fill_n(saved, shape.saved(), T(0));
  std::copy_n(h, shape.units, saved + shape.h_offset());
  if (shape.cell == Cell::kLstm) std::copy_n(c, shape.units, saved + shape.c_offset());
}

template <class T>
void lstm(const CellShape& shape, const T* x, const T* z, T* h, T* c, T* saved) {
  const std::int64_t u = shape.units;
  for (std::int64_t k = 0; k < u; ++k) {
    const T i = cell_value(shape.recurrent_activation, x[k] + z[k]);
    const T f = cell_value(shape.recurrent_activation, x[u + k] + z[u + k]);
    const T g = cell_value(shape.activation, x[2 * u + k] + z[2 * u + k]);
    const T o = cell_value(shape.recurrent_activation, x[3 * u + k] + z[3 * u + k]);
    c[k] = f * c[k] + i * g;
    h[k] = o * cell_value(shape.activation, c[k]);
    saved[k] = i;
    saved[u + k] = f;
    saved[2 * u + k] = g;
    saved[3 * u + k] = o;
    saved[4 * u + k] = c[k];
    saved[5 * u + k] = h[k];
  }
}

template <class T>
void gru(const CellShape& shape, const T* x, const T* n, T* h, T* saved) {
  const std::int64_t u = shape.units;
  for (std::int64_t k = 0; k < u; ++k) {
    const T z = cell_value(shape.recurrent_activation, x[k] + n[k]);
    const T r = cell_value(shape.recurrent_activation, x[u + k] + n[u + k]);
    const T g = cell_value(shape.activation, x[2 * u + k] + r * n[2 * u + k]);
    h[k] = z * h[k] + (T(1) - z) * g;
    saved[k] = z;
    saved[u + k] = r;
    saved[2 * u + k] = g;
    saved[3 * u + k] = n[2 * u + k];
    saved[4 * u + k] = h[k];
  }
}

template <class T>
void lstm_gradient(const RecurrentStepGradient<T>& s, const T* saved, const T* c_before, T* dh, T* dc, T* dx, T* dz) {
  const std::int64_t u = s.shape.units;
  for (std::int64_t k = 0; k < u; ++k) {
    const T i = saved[k], f = saved[u + k], g = saved[2 * u + k], o = saved[3 * u + k];
    const T y = cell_value(s.shape.activation, saved[4 * u + k]);
    const T d = dc[k] + dh[k] * o * cell_slope(s.shape.activation, y);
    dx[k] = dz[k] = d * g * cell_slope(s.shape.recurrent_activation, i);
    dx[u + k] = dz[u + k] = d * c_before[k] * cell_slope(s.shape.recurrent_activation, f);
    dx[2 * u + k] = dz[2 * u + k] = d * i * cell_slope(s.shape.activation, g);
    dx[3 * u + k] = dz[3 * u + k] = dh[k] * y * cell_slope(s.shape.recurrent_activation, o);
    dc[k] = d * f;
    dh[k] = T(0);
  }
}

template <class T>
void gru_gradient(const RecurrentStepGradient<T>& s, const T* saved, const T* h_before, T* dh, T* dx, T* dn) {
  const std::int64_t u = s.shape.units;
  for (std::int64_t k = 0; k < u; ++k) {
    const T z = saved[k], r = saved[u + k], g = saved[2 * u + k], n = saved[3 * u + k];
    const T dg = dh[k] * (T(1) - z) * cell_slope(s.shape.activation, g);
    dx[k] = dn[k] = dh[k] * (h_before[k] - g) * cell_slope(s.shape.recurrent_activation, z);
    dx[u + k] = dn[u + k] = dg * n * cell_slope(s.shape.recurrent_activation, r);
    dx[2 * u + k] = dg;
    dn[2 * u + k] = dg * r;
    dh[k] *= z;
  }
}

}  // namespace

template <class T>
void recurrent_step(const RecurrentStep<T>& s) {
  const std::int64_t u = s.shape.units, gates = s.shape.gates();
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const T *x = s.projected + row * s.projected_row, *z = s.recurrent + row * gates;
    T *h = s.h + row * u, *c = s.c + row * u, *saved = s.saved + row * s.saved_row;
    if (s.mask && !s.mask[row * s.mask_row]) {
      keep_state(s.shape, h, c, saved);
    } else if (s.shape.cell == Cell::kLstm) {
      lstm(s.shape, x, z, h, c, saved);
    } else if (s.shape.cell == Cell::kGru) {
      gru(s.shape, x, z, h, saved);
    } else {
      for (std::int64_t k = 0; k < u; ++k) saved[k] = h[k] = cell_value(s.shape.activation, x[k] + z[k]);
    }
  }
}

template <class T>
void recurrent_step_gradient(const RecurrentStepGradient<T>& s) {
  const std::int64_t u = s.shape.units, gates = s.shape.gates();
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const T* saved = s.saved + row * s.saved_row;
    T *dh = s.dh + row * u, *dc = s.dc + row * u;
    T *dx = s.d_projected + row * s.d_projected_row, *dz = s.d_recurrent + row * gates;
    if (s.dy)
      for (std::int64_t k = 0; k < u; ++k) dh[k] += s.dy[row * s.dy_row + k];
    if (s.mask && !s.mask[row * s.mask_row]) {
      std::fill_n(dx, gates, T(0));
      std::fill_n(dz, gates, T(0));
    } else if (s.shape.cell == Cell::kLstm) {
      lstm_gradient(s, saved, s.c_before + row * s.before_row, dh, dc, dx, dz);
    } else if (s.shape.cell == Cell::kGru) {
      gru_gradient(s, saved, s.h_before + row * s.before_row, dh, dx, dz);
    } else {
      for (std::int64_t k = 0; k < u; ++k) {
        dx[k] = dz[k] = dh[k] * cell_slope(s.shape.activation, saved[k]);
        dh[k] = T(0);
      }
    }
  }
}

template void recurrent_step(const RecurrentStep<float>&);
template void recurrent_step(const RecurrentStep<double>&);
template void recurrent_step_gradient(const RecurrentStepGradient<float>&);
template void recurrent_step_gradient(const RecurrentStepGradient<double>&);

}  // namespace shoal::kernels::portable
