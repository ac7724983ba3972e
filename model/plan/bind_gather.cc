#include <algorithm>

#include "common/base/error.h"
#include "model/kernels/group_rows.h"
#include "model/kernels/strided.h"
#include "model/plan/kernel.h"

namespace shoal::plan {
namespace {

using kernels::Extent;

struct Params {
  std::string place;
  std::int64_t table_rows, width;  // width: elements of one row of the table
  Extent indices;
  std::int64_t piece = 0;  // rows of the table
};

Params params_of(const Signature& s, const Shape& table, const Shape& indices) {
  return {std::get<graph::GatherAttributes>(*s.attributes).place, table[0], table.elements_per_row(),
          kernels::extent_of(indices)};
}

template <class I>
std::int64_t checked(const Params& p, I index) {
  const auto row = static_cast<std::int64_t>(index);
  if (row < 0 || row >= p.table_rows)
    raise("{}: index {} is outside of [0, {}), the rows of the table", p.place, row, p.table_rows);
  return row;
}

// Rows come from memory in no order that a processor could guess.
template <class T, class I>
void take_rows(const void* params, const Call& call) {
  constexpr std::int64_t kAhead = 24;
  const auto& p = *static_cast<const Params*>(params);
  const T* table = input<T>(call, 0);
  const I* indices = input<I>(call, 1);
  T* out = output<T>(call);
  const std::int64_t n = p.indices.at(call.rows);
  for (std::int64_t i = 0; i < n; ++i) {
    if (i + kAhead < n) {
      const char* ahead = reinterpret_cast<const char*>(table + checked(p, indices[i + kAhead]) * p.width);
      for (std::size_t line = 0; line < static_cast<std::size_t>(p.width) * sizeof(T); line += 64)
        __builtin_prefetch(ahead + line);
    }
    std::copy_n(table + checked(p, indices[i]) * p.width, p.width, out + i * p.width);
  }
}

template <class I>
void group(const void* params, const Call& call) {
  const auto& p = *static_cast<const Params*>(params);
  const I* indices = input<I>(call, 0);
  const std::int64_t n = p.indices.at(call.rows);
  for (std::int64_t i = 0; i < n; ++i) checked(p, indices[i]);
  kernels::group_rows(n, indices, p.table_rows, call.scratch, output<std::int64_t>(call));
}

// A piece is a range of the table's rows: it looks at all indices in order and takes its own.
template <class T, class I>
void add_rows(const void* params, const Call& call) {
  const auto& p = *static_cast<const Params*>(params);
  const I* indices = input<I>(call, 0);
  const T* values = input<T>(call, 1);
  T* table = output<T>(call);
  const std::int64_t begin = call.piece * p.piece, end = std::min(begin + p.piece, p.table_rows);
  std::fill(table + begin * p.width, table + end * p.width, T(0));
  for (std::int64_t i = 0, n = p.indices.at(call.rows); i < n; ++i) {
    const std::int64_t row = checked(p, indices[i]);
    if (row < begin || row >= end) continue;
    T* to = table + row * p.width;
    const T* from = values + i * p.width;
    for (std::int64_t k = 0; k < p.width; ++k) to[k] = static_cast<T>(to[k] + from[k]);
  }
}

template <class Visitor>
Kernel visit_indices(const Signature& s, DType dtype, Visitor&& visit) {
  if (dtype == DType::kInt32) return visit(static_cast<std::int32_t*>(nullptr));
  if (dtype == DType::kInt64) return visit(static_cast<std::int64_t*>(nullptr));
  no_kernel(s);
}

Kernel bind_take(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return visit_indices(s, s.dtypes[1], [&](auto* index) {
      return make_kernel(take_rows<T, std::remove_pointer_t<decltype(index)>>, params_of(s, s.inputs[0], s.inputs[1]));
    });
  });
}

Kernel bind_add(const Signature& s) {
  constexpr std::int64_t kMostPieces = 8, kLeastRows = 64;
  Params params = params_of(s, s.output, s.inputs[0]);
  params.piece = std::max(kLeastRows, (params.table_rows + kMostPieces - 1) / kMostPieces);
  return visit_dtype(s.dtype, [&](auto* type) -> Kernel {
    using T = std::remove_pointer_t<decltype(type)>;
    if constexpr (std::is_same_v<T, bool>) {
      no_kernel(s);
    } else {
      return visit_indices(s, s.dtypes[0], [&](auto* index) {
        Kernel kernel = make_kernel(add_rows<T, std::remove_pointer_t<decltype(index)>>, params);
        kernel.pieces = std::max<std::int64_t>((params.table_rows + params.piece - 1) / params.piece, 1);
        return kernel;
      });
    }
  });
}

Kernel bind_group(const Signature& s) {
  const Params params = params_of(s, std::get<graph::GatherAttributes>(*s.attributes).table, s.inputs[0]);
  return visit_indices(s, s.dtypes[0], [&](auto* index) {
    Kernel kernel = make_kernel(group<std::remove_pointer_t<decltype(index)>>, params);
    kernel.scratch = [](const void* p, std::int64_t rows) {
      return kernels::group_rows_scratch(static_cast<const Params*>(p)->indices.at(rows));
    };
    return kernel;
  });
}

}  // namespace

Binder binders::gather(std::string_view operation) {
  if (operation == "take_rows") return bind_take;
  if (operation == "add_rows") return bind_add;
  if (operation == "group_rows") return bind_group;
  return nullptr;
}

}  // namespace shoal::plan
