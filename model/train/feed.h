#pragma once

#include <cstdint>
#include <memory>

#include "model/tensor/tensor.h"

namespace shoal::train {

// Copies rows of a data set into one buffer, converted to the dtype that a program takes. Allocates only when made.
class Feed {
 public:
  Feed(const Tensor& source, DType dtype, std::int64_t max_rows);

  const void* gather(const std::int64_t* rows, std::int64_t count);
  const void* range(std::int64_t begin, std::int64_t count);

  const Shape& shape() const { return shape_; }  // with kRows
  DType dtype() const { return dtype_; }

 private:
  using Convert = void (*)(const void* source, std::int64_t begin, std::int64_t count, void* out, std::int64_t at);
  Tensor source_;
  Shape shape_;
  DType dtype_;
  std::int64_t row_elements_;
  Convert convert_;
  std::shared_ptr<void> buffer_;
};

// Floating values and data take the model's dtype; labels stay as they are.
DType dtype_of_labels(const Tensor& y, DType model);

}  // namespace shoal::train
