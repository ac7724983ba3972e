#include "model/ops/math.h"

#include "common/base/error.h"
#include "model/graph/node.h"
#include "model/ops/shape.h"

namespace shoal::ops {

using graph::make;

Tensor add(const Tensor& a, const Tensor& b) { return make("add", {a, b}); }
Tensor subtract(const Tensor& a, const Tensor& b) { return make("subtract", {a, b}); }
Tensor multiply(const Tensor& a, const Tensor& b) { return make("multiply", {a, b}); }
Tensor divide(const Tensor& a, const Tensor& b) { return make("divide", {a, b}); }
Tensor maximum(const Tensor& a, const Tensor& b) { return make("maximum", {a, b}); }
Tensor minimum(const Tensor& a, const Tensor& b) { return make("minimum", {a, b}); }
Tensor power(const Tensor& a, const Tensor& b) { return make("power", {a, b}); }
Tensor equal(const Tensor& a, const Tensor& b) { return make("equal", {a, b}); }
Tensor not_equal(const Tensor& a, const Tensor& b) { return make("not_equal", {a, b}); }
Tensor greater(const Tensor& a, const Tensor& b) { return make("greater", {a, b}); }
Tensor greater_equal(const Tensor& a, const Tensor& b) { return make("greater_equal", {a, b}); }
Tensor less(const Tensor& a, const Tensor& b) { return make("less", {a, b}); }
Tensor less_equal(const Tensor& a, const Tensor& b) { return make("less_equal", {a, b}); }
Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) { return make("where", {condition, a, b}); }

Tensor negative(const Tensor& x) { return make("negative", {x}); }
Tensor abs(const Tensor& x) { return make("abs", {x}); }
Tensor sign(const Tensor& x) { return make("sign", {x}); }
Tensor exp(const Tensor& x) { return make("exp", {x}); }
Tensor log(const Tensor& x) { return make("log", {x}); }
Tensor sqrt(const Tensor& x) { return make("sqrt", {x}); }
Tensor square(const Tensor& x) { return make("square", {x}); }
Tensor tanh(const Tensor& x) { return make("tanh", {x}); }
Tensor clip(const Tensor& x, double low, double high) { return minimum(maximum(x, low), high); }

Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
  return make("matmul", {a, b}, graph::MatmulAttributes{transpose_a, transpose_b});
}

}  // namespace shoal::ops
