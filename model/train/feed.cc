#include "model/train/feed.h"

namespace shoal::train {
namespace {

template <class From, class To>
void convert(const void* source, std::int64_t begin, std::int64_t count, void* out, std::int64_t at) {
  const From* from = static_cast<const From*>(source) + begin;
  To* to = static_cast<To*>(out) + at;
  for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<To>(from[i]);
}

Shape with_symbolic_rows(const Shape& shape) {
  std::vector<std::int64_t> dims = shape.dims();
  dims[0] = kRows;
  return Shape(std::move(dims));
}

}  // namespace

Feed::Feed(const Tensor& source, DType dtype, std::int64_t max_rows)
    : source_(source),
      shape_(with_symbolic_rows(source.shape())),
      dtype_(dtype),
      row_elements_(shape_.with_rows(1).elements()) {
  source_.raw();
  visit_dtype(source.dtype(), [&](auto* from) {
    visit_dtype(dtype, [&](auto* to) {
      convert_ = convert<std::remove_pointer_t<decltype(from)>, std::remove_pointer_t<decltype(to)>>;
    });
  });
  buffer_ = allocate_values(static_cast<std::size_t>(max_rows * row_elements_) * size_of(dtype));
}

const void* Feed::gather(const std::int64_t* rows, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i)
    convert_(source_.raw(), rows[i] * row_elements_, row_elements_, buffer_.get(), i * row_elements_);
  return buffer_.get();
}

const void* Feed::range(std::int64_t begin, std::int64_t count) {
  convert_(source_.raw(), begin * row_elements_, count * row_elements_, buffer_.get(), 0);
  return buffer_.get();
}

DType dtype_of_labels(const Tensor& y, DType model) { return is_floating(y.dtype()) ? model : y.dtype(); }

}  // namespace shoal::train
