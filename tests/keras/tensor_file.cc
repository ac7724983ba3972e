#include "tests/keras/tensor_file.h"

#include <map>

#include "common/base/error.h"

namespace shoal::testing {
namespace {

hdf5::Type file_type(DType dtype) {
  const std::map<DType, hdf5::Type> types = {{DType::kFloat32, hdf5::Type::kFloat32},
                                             {DType::kFloat64, hdf5::Type::kFloat64},
                                             {DType::kInt32, hdf5::Type::kInt32},
                                             {DType::kInt64, hdf5::Type::kInt64},
                                             {DType::kUInt8, hdf5::Type::kUInt8}};
  return types.at(dtype);
}

}  // namespace

Tensor read_tensor(const hdf5::Group& root, const std::string& name) {
  const hdf5::Dataset dataset = root.dataset(name);
  for (const DType dtype : {DType::kFloat32, DType::kFloat64, DType::kInt32, DType::kInt64, DType::kUInt8})
    if (file_type(dtype) == dataset.type()) {
      Tensor tensor(Shape({dataset.dims().begin(), dataset.dims().end()}), dtype);
      dataset.read(dataset.type(), 0, dataset.elements(), tensor.mutable_raw());
      return tensor;
    }
  raise<IoError>("{}: {} is of a type that tensors do not have", root.place(), name);
}

Tensor read_tensor(const std::string& path, const std::string& name) {
  return read_tensor(hdf5::File::open(path).root(), name);
}

void write_tensor(const hdf5::Group& root, const std::string& name, const Tensor& tensor) {
  if (tensor.dtype() == DType::kBool) return write_tensor(root, name, tensor.astype(DType::kUInt8));
  const auto& dims = tensor.shape().dims();
  const hdf5::Dataset dataset = root.create_dataset(name, file_type(tensor.dtype()), {dims.begin(), dims.end()});
  dataset.write(file_type(tensor.dtype()), 0, dataset.elements(), tensor.raw());
}

}  // namespace shoal::testing
