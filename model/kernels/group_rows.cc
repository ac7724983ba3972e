#include "model/kernels/group_rows.h"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace shoal::kernels {
namespace {

constexpr int kDigit = 11;  // bits sorted at once: the counts stay in the first-level cache
constexpr int kMostPasses = 3;
constexpr std::size_t kAhead = 8;  // rows of terms that are fetched before it is their turn

struct Entry {
  std::uint32_t row, place;
};

// By row, places ascending within one: by digits, the last first.
Entry* sort(std::int64_t n, Entry* entries, Entry* spare, std::int64_t table_rows) {
  const int bits = std::max(1, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(table_rows - 1))));
  const int passes = (bits + kDigit - 1) / kDigit, digit = (bits + passes - 1) / passes;
  const std::uint32_t mask = (1u << digit) - 1;
  std::array<std::array<std::uint32_t, 1 << kDigit>, kMostPasses> counts{};
  for (std::int64_t i = 0; i < n; ++i)
    for (int pass = 0; pass < passes; ++pass)
      ++counts[static_cast<std::size_t>(pass)][entries[i].row >> (pass * digit) & mask];
  for (int pass = 0; pass < passes; ++pass) {
    auto& ends = counts[static_cast<std::size_t>(pass)];
    std::uint32_t before = 0;
    for (std::uint32_t value = 0; value <= mask; ++value) before += std::exchange(ends[value], before);
    for (std::int64_t i = 0; i < n; ++i) spare[ends[entries[i].row >> (pass * digit) & mask]++] = entries[i];
    std::swap(entries, spare);
  }
  return entries;
}

template <class T>
void write_sums(const void* given, std::size_t begin, std::size_t end, void* out) {
  const auto& terms = *static_cast<const RowTerms*>(given);
  const T* values = static_cast<const T*>(terms.values);
  T* sum = static_cast<T*>(out);
  const auto fetch = [&](std::size_t i) __attribute__((always_inline)) {
    const char* term =
        reinterpret_cast<const char*>(values + terms.groups.places[terms.groups.starts[i]] * terms.width);
    for (std::size_t at = 0; at < static_cast<std::size_t>(terms.width) * sizeof(T); at += 64)
      __builtin_prefetch(term + at);
  };
  for (std::size_t i = begin; i < end; ++i, sum += terms.width) {
    if (i + kAhead < end) fetch(i + kAhead);
    const std::int64_t first = terms.groups.starts[i], last = terms.groups.starts[i + 1];
    const T* term = values + terms.groups.places[first] * terms.width;
    for (std::int64_t k = 0; k < terms.width; ++k) sum[k] = static_cast<T>(T(0) + term[k]);
    for (std::int64_t t = first + 1; t < last; ++t) {
      term = values + terms.groups.places[t] * terms.width;
      for (std::int64_t k = 0; k < terms.width; ++k) sum[k] = static_cast<T>(sum[k] + term[k]);
    }
  }
}

}  // namespace

RowGroups RowGroups::at(const std::int64_t* values, std::int64_t n) {
  if (n == 0) return {};
  return {values[0], values + 1, values + 1 + n, values + 2 + 2 * n};
}

std::size_t group_rows_scratch(std::int64_t n) { return 2 * static_cast<std::size_t>(n) * sizeof(Entry); }

template <class I>
void group_rows(std::int64_t n, const I* numbers, std::int64_t table_rows, void* scratch, std::int64_t* out) {
  if (n == 0) return;
  Entry* entries = static_cast<Entry*>(scratch);
  for (std::int64_t i = 0; i < n; ++i)
    entries[i] = {static_cast<std::uint32_t>(numbers[i]), static_cast<std::uint32_t>(i)};
  entries = sort(n, entries, entries + n, table_rows);
  std::int64_t *rows = out + 1, *starts = rows + n, *places = starts + n + 1, count = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    if (i == 0 || entries[i].row != entries[i - 1].row) {
      rows[count] = entries[i].row;
      starts[count++] = i;
    }
    places[i] = entries[i].place;
  }
  starts[count] = n;
  out[0] = count;
}

template <class T>
RowGradient gradient_of(const RowTerms& terms) {
  return {{terms.groups.rows, static_cast<std::size_t>(terms.groups.count)}, write_sums<T>, &terms};
}

template void group_rows(std::int64_t, const std::int32_t*, std::int64_t, void*, std::int64_t*);
template void group_rows(std::int64_t, const std::int64_t*, std::int64_t, void*, std::int64_t*);
template RowGradient gradient_of<float>(const RowTerms&);
template RowGradient gradient_of<double>(const RowTerms&);

}  // namespace shoal::kernels
