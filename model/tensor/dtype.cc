#include "model/tensor/dtype.h"

#include <array>

#include "common/base/error.h"

namespace shoal {
namespace {
struct Row {
  DType dtype;
  std::string_view name;
  std::size_t size;
};
constexpr std::array<Row, 6> kTypes{{{DType::kFloat32, "float32", 4},
                                     {DType::kFloat64, "float64", 8},
                                     {DType::kInt32, "int32", 4},
                                     {DType::kInt64, "int64", 8},
                                     {DType::kUInt8, "uint8", 1},
                                     {DType::kBool, "bool", 1}}};
DType default_float = DType::kFloat32;
}  // namespace

std::size_t size_of(DType dtype) { return kTypes[static_cast<std::size_t>(dtype)].size; }
std::string_view name_of(DType dtype) { return kTypes[static_cast<std::size_t>(dtype)].name; }

DType dtype_from_name(std::string_view name) {
  for (const Row& row : kTypes)
    if (row.name == name) return row.dtype;
  raise("dtype must be one of float32, float64, int32, int64, uint8, bool; received '{}'", name);
}

DType floatx() { return default_float; }
void set_floatx(DType dtype) {
  if (!is_floating(dtype)) raise("floatx must be float32 or float64, received {}", name_of(dtype));
  default_float = dtype;
}

}  // namespace shoal
