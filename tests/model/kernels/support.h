#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "model/kernels/table.h"

namespace shoal::kernels::test {

// An array between guard values: writing beyond either end is seen by `intact`.
template <class T>
class Array {
 public:
  explicit Array(std::int64_t size, T value = T(0))
      : size_(size), cells_(static_cast<std::size_t>(size + 2 * kGuard), value) {
    for (std::int64_t i = 0; i < kGuard; ++i) cells_[static_cast<std::size_t>(i)] = *(data() + size + i) = T(12345);
  }
  // Values in [-1, 1) with zeros and equal values among them.
  static Array random(std::int64_t size, unsigned seed) {
    Array out(size);
    std::mt19937 generator(seed);
    for (std::int64_t i = 0; i < size; ++i) {
      out[i] = static_cast<T>(static_cast<int>(generator() % 2048) - 1024) / T(1024);
    }
    return out;
  }
  template <class U>
  explicit Array(const Array<U>& other) : Array(other.size()) {
    for (std::int64_t i = 0; i < size_; ++i) data()[i] = static_cast<T>(other[i]);
  }

  std::int64_t size() const { return size_; }
  T* data() { return cells_.data() + kGuard; }
  const T* data() const { return cells_.data() + kGuard; }
  T& operator[](std::int64_t i) { return data()[i]; }
  const T& operator[](std::int64_t i) const { return data()[i]; }
  bool intact() const {
    for (std::int64_t i = 0; i < kGuard; ++i) {
      if (cells_[static_cast<std::size_t>(i)] != T(12345) || data()[size_ + i] != T(12345)) return false;
    }
    return true;
  }

 private:
  static constexpr std::int64_t kGuard = 48;
  std::int64_t size_;
  std::vector<T> cells_;
};

// Scratch of exactly the bytes asked for, 64-byte aligned, full of NaN; the bytes behind it are checked.
class Scratch {
 public:
  explicit Scratch(std::size_t bytes) : bytes_(bytes), memory_(::operator new(bytes + 64, std::align_val_t(64))) {
    std::fill_n(static_cast<unsigned char*>(memory_), bytes_ + 64, static_cast<unsigned char>(0xff));
  }
  ~Scratch() {
    const auto* end = static_cast<unsigned char*>(memory_) + bytes_;
    for (int i = 0; i < 64; ++i) EXPECT_EQ(end[i], 0xff) << "scratch overrun";
    ::operator delete(memory_, std::align_val_t(64));
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  void* data() const { return memory_; }

 private:
  std::size_t bytes_;
  void* memory_;
};

// Largest difference, relative to the largest expected value; infinite when NaNs do not agree.
template <class T, class U>
double error(const Array<T>& actual, const Array<U>& expected) {
  EXPECT_TRUE(actual.intact());
  double largest = 0, difference = 0;
  for (std::int64_t i = 0; i < expected.size(); ++i) {
    const double a = static_cast<double>(actual[i]), e = static_cast<double>(expected[i]);
    if (std::isnan(a) != std::isnan(e)) return INFINITY;
    if (std::isnan(e)) continue;
    largest = std::max(largest, std::abs(e));
    difference = std::max(difference, std::abs(a - e));
  }
  return difference / (largest > 0 ? largest : 1);
}

// The levels of float that this processor has.
inline std::vector<const Table<float>*> levels() {
  std::vector<const Table<float>*> out;
  for (const char* name : {"portable", "avx2", "avx512"}) {
    if (const auto* table = table_of_level(name)) out.push_back(table);
  }
  return out;
}

}  // namespace shoal::kernels::test
