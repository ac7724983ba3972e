#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace shoal::wire {

// Little-endian numbers at a place in memory; the caller has checked that there is room.
template <class T>
void put(std::byte* at, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) at[i] = static_cast<std::byte>(value >> (8 * i));
}

template <class T>
T get(const std::byte* at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) value |= static_cast<T>(static_cast<T>(at[i]) << (8 * i));
  return value;
}

}  // namespace shoal::wire
