#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace shoal {

// The gradient of a table that is zero but for some rows. Valid during the call that hands it over.
struct RowGradient {
  std::span<const std::int64_t> rows;  // ascending, each once
  // Writes those of rows[begin, end) one behind the other, in the table's dtype; from any thread. A row's values are
  // the same whoever asks for them and together with whatever others.
  void write(std::size_t begin, std::size_t end, void* out) const { write_rows(terms, begin, end, out); }

  void (*write_rows)(const void* terms, std::size_t begin, std::size_t end, void* out) = nullptr;
  const void* terms = nullptr;
};

}  // namespace shoal
