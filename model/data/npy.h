#pragma once

#include <map>
#include <string>

#include "model/tensor/tensor.h"

namespace shoal {

// numpy.load and numpy.save; IoError naming the file when it is damaged or holds an element type we have not.
Tensor load_npy(const std::string& path);
void save_npy(const std::string& path, const Tensor& tensor);
std::map<std::string, Tensor> load_npz(const std::string& path);
void save_npz(const std::string& path, const std::map<std::string, Tensor>& tensors);

}  // namespace shoal
