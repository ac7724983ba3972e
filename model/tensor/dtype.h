#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shoal {

enum class DType : std::uint8_t { kFloat32, kFloat64, kInt32, kInt64, kUInt8, kBool };

std::size_t size_of(DType dtype);
std::string_view name_of(DType dtype);         // "float32"
DType dtype_from_name(std::string_view name);  // throws ValueError
inline bool is_floating(DType d) { return d == DType::kFloat32 || d == DType::kFloat64; }

template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kFloat32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kFloat64;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::kInt32;
};
template <>
struct DTypeOf<std::int64_t> {
  static constexpr DType value = DType::kInt64;
};
template <>
struct DTypeOf<std::uint8_t> {
  static constexpr DType value = DType::kUInt8;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::kBool;
};
template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

// The dtype of layers that are given none: "float32" until changed (keras.config.set_floatx).
DType floatx();
void set_floatx(DType dtype);

}  // namespace shoal
