#include "model/data/npy.h"

#include <cstring>

#include "common/io/npy.h"

namespace shoal {

namespace {

Tensor to_tensor(const io::NpyArray& array) {
  Tensor tensor(Shape(array.shape), dtype_from_name(array.dtype));
  if (!array.data.empty()) std::memcpy(tensor.mutable_raw(), array.data.data(), array.data.size());
  return tensor;
}

io::NpyArray to_array(const Tensor& tensor) {
  const void* values = tensor.raw();
  return {std::string(name_of(tensor.dtype())), tensor.shape().dims(),
          std::string(static_cast<const char*>(values), tensor.bytes())};
}

}  // namespace

Tensor load_npy(const std::string& path) { return to_tensor(io::read_npy(path)); }

void save_npy(const std::string& path, const Tensor& tensor) { io::write_npy(path, to_array(tensor)); }

std::map<std::string, Tensor> load_npz(const std::string& path) {
  std::map<std::string, Tensor> tensors;
  for (auto& [name, array] : io::read_npz(path)) tensors[name] = to_tensor(array);
  return tensors;
}

void save_npz(const std::string& path, const std::map<std::string, Tensor>& tensors) {
  std::map<std::string, io::NpyArray> arrays;
  for (const auto& [name, tensor] : tensors) arrays[name] = to_array(tensor);
  io::write_npz(path, arrays);
}

}  // namespace shoal
