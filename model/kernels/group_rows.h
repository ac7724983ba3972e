#pragma once

#include <cstddef>
#include <cstdint>

#include "model/tensor/row_gradient.h"

namespace shoal::kernels {

// n numbers of rows of a table, sorted: which rows they name and where. Lies in `elements(n)` values behind each other:
// count, rows (count, in room for n), starts (count + 1), places (n).
struct RowGroups {
  std::int64_t count = 0;
  const std::int64_t* rows = nullptr;    // ascending, each once
  const std::int64_t* starts = nullptr;  // row i is named at places[starts[i], starts[i + 1]), ascending
  const std::int64_t* places = nullptr;

  static std::int64_t elements(std::int64_t n) { return 3 * n + 2; }
  static RowGroups at(const std::int64_t* values, std::int64_t n);
};

// Numbers are in [0, table_rows), which is at most 2^31. Scratch: group_rows_scratch(n) bytes.
template <class I>
void group_rows(std::int64_t n, const I* numbers, std::int64_t table_rows, void* scratch, std::int64_t* out);
std::size_t group_rows_scratch(std::int64_t n);

// Sums of the (n, width) values that belong to one row of the table each.
struct RowTerms {
  RowGroups groups;
  const void* values = nullptr;
  std::int64_t width = 0;
};

// `terms` must outlive it. Terms are added to zero in ascending order of their places.
template <class T>
RowGradient gradient_of(const RowTerms& terms);

}  // namespace shoal::kernels
