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

Tensor logical_and(const Tensor& a, const Tensor& b) { return make("logical_and", {a, b}); }
Tensor logical_or(const Tensor& a, const Tensor& b) { return make("logical_or", {a, b}); }
Tensor logical_not(const Tensor& x) { return make("logical_not", {x}); }

Tensor negative(const Tensor& x) { return make("negative", {x}); }
Tensor abs(const Tensor& x) { return make("abs", {x}); }
Tensor sign(const Tensor& x) { return make("sign", {x}); }
Tensor exp(const Tensor& x) { return make("exp", {x}); }
Tensor log(const Tensor& x) { return make("log", {x}); }
Tensor log1p(const Tensor& x) { return make("log1p", {x}); }
Tensor expm1(const Tensor& x) { return make("expm1", {x}); }
Tensor erf(const Tensor& x) { return make("erf", {x}); }
Tensor sin(const Tensor& x) { return make("sin", {x}); }
Tensor cos(const Tensor& x) { return make("cos", {x}); }
Tensor floor(const Tensor& x) { return make("floor", {x}); }
Tensor rsqrt(const Tensor& x) { return make("rsqrt", {x}); }
Tensor sqrt(const Tensor& x) { return make("sqrt", {x}); }
Tensor square(const Tensor& x) { return make("square", {x}); }
Tensor tanh(const Tensor& x) { return make("tanh", {x}); }
Tensor clip(const Tensor& x, double low, double high) { return minimum(maximum(x, low), high); }

}  // namespace shoal::ops
