#include <algorithm>

#include "model/kernels/strided.h"
#include "model/kernels/table.h"
#include "model/plan/kernel.h"

namespace shoal::plan {
namespace {

using namespace kernels;

// Where the matrices of an operand lie: `outer` x `inner` of them, rows of a matrix `line` elements apart.
struct Stack {
  std::int64_t outer = 0, inner = 0, line = 0;
};

Stack stack_of(const Shape& shape, bool heads) {
  const std::int64_t columns = shape[-1];
  if (heads) return {shape[1] * shape[2] * columns, columns, shape[2] * columns};
  const std::int64_t matrix = shape[-2] * columns;
  return {shape.rank() > 3 ? shape[-3] * matrix : matrix, matrix, columns};
}

struct Params {
  Extent outer;
  std::int64_t inner = 1, m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
  Stack a, b, c;
};

Params params_of(const Signature& s) {
  const auto& how = std::get<graph::BatchMatmulAttributes>(*s.attributes);
  const Shape &a = s.inputs[0], &b = s.inputs[1];
  Params p;
  p.transpose_a = how.transpose_a;
  p.transpose_b = how.transpose_b;
  const std::int64_t rows_a = how.heads_a ? a[1] : a[-2], rows_b = how.heads_b ? b[1] : b[-2];
  p.m = how.transpose_a ? a[-1] : rows_a;
  p.k = how.transpose_a ? rows_a : a[-1];
  p.n = how.transpose_b ? rows_b : b[-1];
  p.a = stack_of(a, how.heads_a);
  p.b = stack_of(b, how.heads_b);
  p.c = stack_of(s.output, how.heads_out);
  if (a.rank() == 4) p.inner = how.heads_a ? a[2] : a[1];
  std::vector<std::int64_t> outer(a.dims().begin(), a.dims().begin() + 1);
  if (a.rank() > 4) {  // all leading axes but the last
    outer.assign(a.dims().begin(), a.dims().end() - 3);
    p.inner = a[-3];
  }
  p.outer = extent_of(Shape(std::move(outer)));
  return p;
}

template <class T>
MatmulArgs<T> args_of(const Params& p) {
  MatmulArgs<T> args;
  args.m = p.m;
  args.n = p.n;
  args.k = p.k;
  args.transpose_a = p.transpose_a;
  args.transpose_b = p.transpose_b;
  args.lda = p.a.line;
  args.ldb = p.b.line;
  args.ldc = p.c.line;
  return args;
}

template <class T>
void batch_matmul(const void* raw, const Call& call) {
  const auto& p = *static_cast<const Params*>(raw);
  MatmulArgs<T> args = args_of<T>(p);
  args.scratch = call.scratch;
  if (p.m == 0 || p.n == 0) return;
  const std::int64_t outer = p.outer.at(call.rows);
  for (std::int64_t i = 0; i < outer; ++i) {
    for (std::int64_t j = 0; j < p.inner; ++j) {
      args.a = input<T>(call, 0) + i * p.a.outer + j * p.a.inner;
      args.b = input<T>(call, 1) + i * p.b.outer + j * p.b.inner;
      args.c = output<T>(call) + i * p.c.outer + j * p.c.inner;
      if (p.k > 0) {
        table<T>().matmul(args);
      } else {
        for (std::int64_t row = 0; row < p.m; ++row) std::fill_n(args.c + row * args.ldc, p.n, T(0));
      }
    }
  }
}

template <class T>
std::size_t scratch_bytes(const void* raw, std::int64_t) {
  return table<T>().matmul_scratch(args_of<T>(*static_cast<const Params*>(raw)));
}

Kernel bind_batch_matmul(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    Kernel kernel = make_kernel(batch_matmul<T>, params_of(s));
    kernel.scratch = scratch_bytes<T>;
    return kernel;
  });
}

}  // namespace

Binder binders::batch_products(std::string_view operation) {
  return operation == "batch_matmul" ? bind_batch_matmul : nullptr;
}

}  // namespace shoal::plan
