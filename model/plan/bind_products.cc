#include <algorithm>

#include "model/kernels/strided.h"
#include "model/kernels/table.h"
#include "model/plan/activation.h"
#include "model/plan/kernel.h"

namespace shoal::plan {
namespace {

using namespace kernels;

// Pieces of columns: at most eight, of a multiple of 64. Pieces of rows: eight, or more so that one stays in the
// second-level cache until it is applied; 14 rows fill a register tile of any level.
constexpr std::int64_t kPieceUnit = 64, kMostPieces = 8, kPieceRows = 14, kPieceBytes = 256 * 1024;

struct MatmulParams {
  Extent m, k;  // either may be the rows of the batch
  std::int64_t n = 0;
  bool transpose_a = false, transpose_b = false, accumulate = false, bias = false;
  Activation activation = Activation::kLinear;
  std::int64_t piece = 0;      // outputs of one piece; 0: not split
  bool piece_is_rows = false;  // pieces of rows of the output instead of columns
};

template <class T>
MatmulArgs<T> matmul_args(const MatmulParams& p, std::int64_t rows) {
  MatmulArgs<T> args;
  args.m = p.m.at(rows);
  args.n = p.n;
  args.k = p.k.at(rows);
  args.transpose_a = p.transpose_a;
  args.transpose_b = p.transpose_b;
  args.lda = p.transpose_a ? args.m : args.k;
  args.ldb = p.transpose_b ? args.k : args.n;
  args.ldc = args.n;
  args.accumulate = p.accumulate;
  args.activation = p.activation;
  if (p.piece > 0) (p.piece_is_rows ? args.m : args.n) = p.piece;
  return args;
}

template <class T>
void matmul(const void* params, const Call& call) {
  const auto& p = *static_cast<const MatmulParams*>(params);
  MatmulArgs<T> args = matmul_args<T>(p, call.rows);
  args.a = input<T>(call, 0);
  args.b = input<T>(call, 1);
  args.c = output<T>(call);
  args.bias = p.bias ? input<T>(call, 2) : nullptr;
  args.scratch = call.scratch;
  if (p.piece > 0) {
    const std::int64_t begin = call.piece * p.piece;
    if (p.piece_is_rows) {
      args.m = std::min(p.piece, p.m.at(call.rows) - begin);
      args.a += begin * (p.transpose_a ? 1 : args.lda);
      args.c = call.piece_out ? static_cast<T*>(call.piece_out) : args.c + begin * args.ldc;
    } else {
      args.n = std::min(p.piece, p.n - begin);
      args.b += begin * (p.transpose_b ? args.ldb : 1);
      args.c += begin;
      if (args.bias) args.bias += begin;
    }
  }
  if (args.m == 0 || args.n == 0) return;
  if (args.k > 0) {
    table<T>().matmul(args);
  } else if (!args.accumulate) {  // a sum over no rows
    for (std::int64_t row = 0; row < args.m; ++row) std::fill_n(args.c + row * args.ldc, args.n, T(0));
  }
}

template <class T>
std::size_t matmul_bytes(const void* params, std::int64_t rows) {
  return table<T>().matmul_scratch(
      matmul_args<T>(*static_cast<const MatmulParams*>(params), std::max<std::int64_t>(rows, 1)));
}

Kernel bind_matmul(const Signature& s) {
  MatmulParams p;
  if (const auto* fused = std::get_if<graph::FusedAttributes>(s.attributes)) {
    p.transpose_a = fused->matmul.transpose_a;
    p.transpose_b = fused->matmul.transpose_b;
    p.bias = fused->bias;
    p.activation = activation_of(fused->activation);
  } else {
    p.transpose_a = std::get<graph::MatmulAttributes>(*s.attributes).transpose_a;
    p.transpose_b = std::get<graph::MatmulAttributes>(*s.attributes).transpose_b;
  }
  p.accumulate = s.accumulate;
  p.n = s.output[-1];
  p.k = extent_of_axis(s.inputs[0][p.transpose_a ? 0 : -1]);
  std::vector<std::int64_t> stack = s.output.dims();
  stack.pop_back();
  p.m = extent_of(Shape(std::move(stack)));
  std::int64_t pieces = 1;
  if (s.split) {
    p.piece_is_rows = p.transpose_a;
    const std::int64_t outputs = p.piece_is_rows ? p.m.fixed : p.n;
    if (p.piece_is_rows) {
      const std::int64_t row = p.n * static_cast<std::int64_t>(size_of(s.dtype)) * kPieceRows;
      const std::int64_t shared = (outputs + kMostPieces * kPieceRows - 1) / (kMostPieces * kPieceRows);
      p.piece = std::clamp<std::int64_t>(kPieceBytes / row, 1, shared) * kPieceRows;
    } else {
      const std::int64_t units = (outputs + kPieceUnit - 1) / kPieceUnit;
      p.piece = (units + kMostPieces - 1) / kMostPieces * kPieceUnit;
    }
    pieces = (outputs + p.piece - 1) / p.piece;
  }
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    Kernel kernel = make_kernel(matmul<T>, p);
    kernel.pieces = pieces;
    kernel.piece_elements = p.piece_is_rows ? p.piece * p.n : 0;
    kernel.scratch = matmul_bytes<T>;
    return kernel;
  });
}

}  // namespace

Binder binders::products(std::string_view operation) {
  return operation == "matmul" || operation == "fused_matmul" ? bind_matmul : nullptr;
}

}  // namespace shoal::plan
