#pragma once

#include <string>

#include "model/tensor/tensor.h"

namespace shoal {

// An IDX file of bytes (MNIST's format), raw or gzip: uint8 in the shape its header gives. IoError names the file.
Tensor load_idx(const std::string& path);

}  // namespace shoal
