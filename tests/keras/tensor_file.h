#pragma once

#include <string>

#include "common/io/hdf5.h"
#include "model/tensor/tensor.h"

// Tensors in the HDF5 files that Python and shoal_keras exchange.
namespace shoal::testing {

Tensor read_tensor(const hdf5::Group& root, const std::string& name);
Tensor read_tensor(const std::string& path, const std::string& name);
// bool is written as uint8, which HDF5 has.
void write_tensor(const hdf5::Group& root, const std::string& name, const Tensor& tensor);

}  // namespace shoal::testing
