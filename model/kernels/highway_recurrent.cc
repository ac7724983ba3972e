#include "model/kernels/highway_targets.h"
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "model/kernels/highway_recurrent.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "model/kernels/highway.h"
#include "model/kernels/highway_math.h"
#include "model/kernels/portable.h"

// The elementwise part of a step with tanh and sigmoid; other activations go the portable way.
HWY_BEFORE_NAMESPACE();
namespace shoal::kernels::fast::HWY_NAMESPACE {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3

HWY_INLINE V sigmoid(V x) {
  const V one = hn::Set(D(), 1.0f);
  return hn::Div(one, hn::Add(one, exp(hn::Neg(x))));
}
HWY_INLINE V sigmoid_slope(V y) { return hn::NegMulAdd(y, y, y); }
HWY_INLINE V tanh_slope(V y) { return hn::NegMulAdd(y, y, hn::Set(D(), 1.0f)); }

bool is_fast(const CellShape& shape) {
  return shape.activation == CellActivation::kTanh &&
         (shape.cell == Cell::kSimple || shape.recurrent_activation == CellActivation::kSigmoid);
}

HWY_INLINE void keep_state(const CellShape& shape, const float* h, const float* c, float* saved) {
  const std::int64_t u = shape.units;
  for_vectors(shape.saved(), [&](std::int64_t k, auto part) HWY_ATTR { part.store(hn::Zero(D()), saved + k); });
  for_vectors(u, [&](std::int64_t k, auto part) HWY_ATTR {
    part.store(part.load(h + k), saved + shape.h_offset() + k);
    if (shape.cell == Cell::kLstm) part.store(part.load(c + k), saved + shape.c_offset() + k);
  });
}

HWY_INLINE void lstm(std::int64_t u, const float* x, const float* z, float* h, float* c, float* saved) {
  for_vectors(u, [&](std::int64_t k, auto part) HWY_ATTR {
    const auto gate = [&](std::int64_t g)
                          HWY_ATTR { return hn::Add(part.load(x + g * u + k), part.load(z + g * u + k)); };
    const V i = sigmoid(gate(0)), f = sigmoid(gate(1)), g = tanh(gate(2)), o = sigmoid(gate(3));
    const V carry = hn::MulAdd(f, part.load(c + k), hn::Mul(i, g));
    const V y = hn::Mul(o, tanh(carry));
    part.store(carry, c + k);
    part.store(y, h + k);
    part.store(i, saved + k);
    part.store(f, saved + u + k);
    part.store(g, saved + 2 * u + k);
    part.store(o, saved + 3 * u + k);
    part.store(carry, saved + 4 * u + k);
    part.store(y, saved + 5 * u + k);
  });
}

HWY_INLINE void gru(std::int64_t u, const float* x, const float* n, float* h, float* saved) {
  for_vectors(u, [&](std::int64_t k, auto part) HWY_ATTR {
    const V z = sigmoid(hn::Add(part.load(x + k), part.load(n + k)));
    const V r = sigmoid(hn::Add(part.load(x + u + k), part.load(n + u + k)));
    const V inner = part.load(n + 2 * u + k);
    const V g = tanh(hn::MulAdd(r, inner, part.load(x + 2 * u + k)));
    const V y = hn::MulAdd(z, hn::Sub(part.load(h + k), g), g);
    part.store(y, h + k);
    part.store(z, saved + k);
    part.store(r, saved + u + k);
    part.store(g, saved + 2 * u + k);
    part.store(inner, saved + 3 * u + k);
    part.store(y, saved + 4 * u + k);
  });
}

HWY_INLINE void simple(std::int64_t u, const float* x, const float* z, float* h, float* saved) {
  for_vectors(u, [&](std::int64_t k, auto part) HWY_ATTR {
    const V y = tanh(hn::Add(part.load(x + k), part.load(z + k)));
    part.store(y, h + k);
    part.store(y, saved + k);
  });
}

void recurrent_step(const RecurrentStep<float>& s) {
  if (!is_fast(s.shape)) return portable::recurrent_step(s);
  const std::int64_t u = s.shape.units, gates = s.shape.gates();
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const float *x = s.projected + row * s.projected_row, *z = s.recurrent + row * gates;
    float *h = s.h + row * u, *c = s.c + row * u, *saved = s.saved + row * s.saved_row;
    if (s.mask && !s.mask[row * s.mask_row]) {
      keep_state(s.shape, h, c, saved);
    } else if (s.shape.cell == Cell::kLstm) {
      lstm(u, x, z, h, c, saved);
    } else if (s.shape.cell == Cell::kGru) {
      gru(u, x, z, h, saved);
    } else {
      simple(u, x, z, h, saved);
    }
  }
}

HWY_INLINE void lstm_gradient(std::int64_t u, const float* saved, const float* c_before, float* dh, float* dc,
                              float* dx, float* dz) {
  for_vectors(u, [&](std::int64_t k, auto part) HWY_ATTR {
    const V i = part.load(saved + k), f = part.load(saved + u + k), g = part.load(saved + 2 * u + k);
    const V o = part.load(saved + 3 * u + k), y = tanh(part.load(saved + 4 * u + k)), d_out = part.load(dh + k);
    const V d = hn::MulAdd(hn::Mul(d_out, o), tanh_slope(y), part.load(dc + k));
    const auto put = [&](std::int64_t gate, V value) HWY_ATTR {
      part.store(value, dx + gate * u + k);
      part.store(value, dz + gate * u + k);
    };
    put(0, hn::Mul(hn::Mul(d, g), sigmoid_slope(i)));
    put(1, hn::Mul(hn::Mul(d, part.load(c_before + k)), sigmoid_slope(f)));
    put(2, hn::Mul(hn::Mul(d, i), tanh_slope(g)));
    put(3, hn::Mul(hn::Mul(d_out, y), sigmoid_slope(o)));
    part.store(hn::Mul(d, f), dc + k);
    part.store(hn::Zero(D()), dh + k);
  });
}

HWY_INLINE void gru_gradient(std::int64_t u, const float* saved, const float* h_before, float* dh, float* dx,
                             float* dn) {
  for_vectors(u, [&](std::int64_t k, auto part) HWY_ATTR {
    const V z = part.load(saved + k), r = part.load(saved + u + k), g = part.load(saved + 2 * u + k);
    const V d_out = part.load(dh + k);
    const V dg = hn::Mul(hn::NegMulAdd(z, d_out, d_out), tanh_slope(g));
    const V d_update = hn::Mul(hn::Mul(d_out, hn::Sub(part.load(h_before + k), g)), sigmoid_slope(z));
    const V d_reset = hn::Mul(hn::Mul(dg, part.load(saved + 3 * u + k)), sigmoid_slope(r));
    part.store(d_update, dx + k);
    part.store(d_update, dn + k);
    part.store(d_reset, dx + u + k);
    part.store(d_reset, dn + u + k);
    part.store(dg, dx + 2 * u + k);
    part.store(hn::Mul(dg, r), dn + 2 * u + k);
    part.store(hn::Mul(d_out, z), dh + k);
  });
}

HWY_INLINE void simple_gradient(std::int64_t u, const float* saved, float* dh, float* dx, float* dz) {
  for_vectors(u, [&](std::int64_t k, auto part) HWY_ATTR {
    const V d = hn::Mul(part.load(dh + k), tanh_slope(part.load(saved + k)));
    part.store(d, dx + k);
    part.store(d, dz + k);
    part.store(hn::Zero(D()), dh + k);
  });
}

void recurrent_step_gradient(const RecurrentStepGradient<float>& s) {
  if (!is_fast(s.shape)) return portable::recurrent_step_gradient(s);
  const std::int64_t u = s.shape.units, gates = s.shape.gates();
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const float* saved = s.saved + row * s.saved_row;
    float *dh = s.dh + row * u, *dc = s.dc + row * u;
    float *dx = s.d_projected + row * s.d_projected_row, *dz = s.d_recurrent + row * gates;
    if (s.dy) {
      const float* dy = s.dy + row * s.dy_row;
      for_vectors(u, [&](std::int64_t k, auto part)
                         HWY_ATTR { part.store(hn::Add(part.load(dh + k), part.load(dy + k)), dh + k); });
    }
    if (s.mask && !s.mask[row * s.mask_row]) {
      for_vectors(gates, [&](std::int64_t k, auto part) HWY_ATTR {
        part.store(hn::Zero(D()), dx + k);
        part.store(hn::Zero(D()), dz + k);
      });
    } else if (s.shape.cell == Cell::kLstm) {
      lstm_gradient(u, saved, s.c_before + row * s.before_row, dh, dc, dx, dz);
    } else if (s.shape.cell == Cell::kGru) {
      gru_gradient(u, saved, s.h_before + row * s.before_row, dh, dx, dz);
    } else {
      simple_gradient(u, saved, dh, dx, dz);
    }
  }
}

void fill_recurrent(Table<float>& table) {
  table.recurrent_step = recurrent_step;
  table.recurrent_step_gradient = recurrent_step_gradient;
}

#endif
}  // namespace shoal::kernels::fast::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "model/kernels/highway_dispatch.h"

namespace shoal::kernels::fast {

void fill_recurrent(Target target, Table<float>& table) { SHOAL_FOR_TARGET(target, fill_recurrent(table)); }

}  // namespace shoal::kernels::fast
#endif
