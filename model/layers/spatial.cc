#include "model/layers/spatial.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "common/base/error.h"

namespace shoal::layers {

Sizes read_sizes(const char* place, const nlohmann::json& config, const char* key, int axes, std::int64_t fallback) {
  const auto count = static_cast<std::size_t>(axes);
  const auto found = config.find(key);
  if (found == config.end() || found->is_null()) return Sizes(count, fallback);
  if (found->is_number_integer()) return Sizes(count, found->get<std::int64_t>());
  bool right = found->is_array() && found->size() == count;
  for (std::size_t i = 0; right && i < count; ++i) right = (*found)[i].is_number_integer();
  if (!right) raise("{}: {} must be an integer{}, received {}", place, key, axes == 1 ? "" : " or two", found->dump());
  return found->get<Sizes>();
}

std::string text_of(const Sizes& sizes) { return fmt::format("{}", fmt::join(sizes, " x ")); }

SpatialImpl::SpatialImpl(const char* place, int axes, const nlohmann::json& config, const Shape& input_shape)
    : LayerImpl(read_text(place, config, "name", "")),
      place_(place),
      axes_(axes),
      data_format_(read_text(place, config, "data_format", "channels_last")) {
  read_channels_first(place, data_format_);
  read_common(*this, config);
  input_shape_option_ = input_shape;
}

Shape SpatialImpl::channels_last(const Shape& shape) const {
  if (!channels_first()) return shape;
  std::vector<std::int64_t> dims = shape.dims();
  std::rotate(dims.begin() + 1, dims.begin() + 2, dims.end());
  return Shape(std::move(dims));
}

Tensor SpatialImpl::channels_last(const Tensor& x) const {
  if (!channels_first()) return x;
  return ops::transpose(x, axes_ == 1 ? std::vector<int>{0, 2, 1} : std::vector<int>{0, 2, 3, 1});
}

Tensor SpatialImpl::back(const Tensor& x) const {
  if (!channels_first()) return x;
  return ops::transpose(x, axes_ == 1 ? std::vector<int>{0, 2, 1} : std::vector<int>{0, 3, 1, 2});
}

void SpatialImpl::check_input(const Shape& input) const {
  require_rank(*this, input, axes_ + 2);
  check_cells(input);
}

void SpatialImpl::check_fits(const char* what, const Sizes& cells, const Shape& input) const {
  const Shape has = channels_last(input);
  for (int axis = 0; axis < axes_; ++axis)
    if (has[axis + 1] < cells[static_cast<std::size_t>(axis)])
      raise("{} '{}': a {} of {} does not fit into input of shape {} without padding", place_, name(), what,
            text_of(cells), input.to_string());
}

Tensor SpatialImpl::call(const Tensor& x, bool /*training*/) { return back(compute(channels_last(x))); }

}  // namespace shoal::layers
