#include "common/io/hdf5.h"

#include <hdf5.h>

#include <algorithm>
#include <functional>
#include <limits>

#include "common/base/error.h"
#include "common/io/hdf5_error.h"

namespace shoal::hdf5 {

namespace {

hid_t memory_type(Type type) {
  switch (type) {
    case Type::kFloat32:
      return H5T_NATIVE_FLOAT;
    case Type::kFloat64:
      return H5T_NATIVE_DOUBLE;
    case Type::kInt32:
      return H5T_NATIVE_INT32;
    case Type::kInt64:
      return H5T_NATIVE_INT64;
    case Type::kUInt8:
      return H5T_NATIVE_UINT8;
    case Type::kOther:
      break;
  }
  raise<InternalError>("hdf5: a memory type must be one of the known ones");
}

Type type_of(hid_t type) {
  if (H5Tequal(type, H5T_IEEE_F32LE) > 0) return Type::kFloat32;
  if (H5Tequal(type, H5T_IEEE_F64LE) > 0) return Type::kFloat64;
  if (H5Tequal(type, H5T_STD_I32LE) > 0) return Type::kInt32;
  if (H5Tequal(type, H5T_STD_I64LE) > 0) return Type::kInt64;
  if (H5Tequal(type, H5T_STD_U8LE) > 0) return Type::kUInt8;
  return Type::kOther;
}

// Cuts the flat range into boxes: a part of a first row, whole rows, a part of a last one, on every axis.
void each_box(const std::vector<std::uint64_t>& dims, std::size_t axis, std::uint64_t begin, std::uint64_t count,
              std::vector<hsize_t>& start, std::vector<hsize_t>& size,
              const std::function<void(std::uint64_t)>& visit) {
  std::uint64_t inner = 1;
  for (std::size_t i = axis + 1; i < dims.size(); ++i) inner *= dims[i];
  const auto box = [&](std::uint64_t first, std::uint64_t rows) {
    start[axis] = first;
    size[axis] = rows;
    for (std::size_t i = axis + 1; i < dims.size(); ++i) start[i] = 0, size[i] = dims[i];
    visit(rows * inner);
  };
  const auto part = [&](std::uint64_t row, std::uint64_t offset, std::uint64_t length) {
    start[axis] = row;
    size[axis] = 1;
    each_box(dims, axis + 1, offset, length, start, size, visit);
  };
  std::uint64_t row = begin / inner;
  if (const std::uint64_t offset = begin % inner; offset != 0) {
    const std::uint64_t length = std::min(count, inner - offset);
    part(row++, offset, length);
    count -= length;
  }
  if (const std::uint64_t rows = count / inner; rows != 0) {
    box(row, rows);
    row += rows;
    count -= rows * inner;
  }
  if (count != 0) part(row, 0, count);
}

// The library believes what a damaged file says of the place of its data.
void check_storage(const Handle& dataset, std::uint64_t bytes) {
  const std::string& place = dataset.place();
  const Handle properties(H5Dget_create_plist(dataset.id()), place);
  const H5D_layout_t layout = H5Pget_layout(properties.id());
  if (layout == H5D_VIRTUAL || H5Pget_external_count(properties.id()) != 0)
    raise<IoError>("{}: its data lie in another file, which is not accepted", place);
  if (layout == H5D_CHUNKED) return;
  const hsize_t stored = H5Dget_storage_size(dataset.id());
  if (layout == H5D_CONTIGUOUS && stored == 0) return;  // never written: the fill value
  const haddr_t offset = layout == H5D_CONTIGUOUS ? H5Dget_offset(dataset.id()) : 0;
  const Handle file(H5Iget_file_id(dataset.id()), place);
  hsize_t file_bytes = 0;
  if (H5Fget_filesize(file.id(), &file_bytes) < 0) throw_error(place, "its file has no size");
  if (offset > file_bytes || bytes > file_bytes - offset || stored != bytes)
    raise<IoError>("{}: its {} bytes do not lie in the file", place, bytes);
}

}  // namespace

Dataset::Dataset(Handle handle) : handle_(std::move(handle)) {
  const Handle type(H5Dget_type(handle_.id()), place());
  const H5T_class_t kind = H5Tget_class(type.id());
  if (kind != H5T_FLOAT && kind != H5T_INTEGER) raise<IoError>("{}: must hold numbers", place());
  if (H5Tget_size(type.id()) > 16) raise<IoError>("{}: its numbers have {} bytes", place(), H5Tget_size(type.id()));
  type_ = type_of(type.id());

  const Handle space(H5Dget_space(handle_.id()), place());
  const H5S_class_t extent = H5Sget_simple_extent_type(space.id());
  if (extent != H5S_SCALAR && extent != H5S_SIMPLE) raise<IoError>("{}: has no values", place());
  const int rank = H5Sget_simple_extent_ndims(space.id());
  if (rank < 0) throw_error(place(), "has no shape");
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  if (H5Sget_simple_extent_dims(space.id(), dims.data(), nullptr) < 0) throw_error(place(), "has no shape");
  dims_.assign(dims.begin(), dims.end());
  for (const std::uint64_t n : dims_) {
    if (n != 0 && elements_ > std::numeric_limits<std::int64_t>::max() / 8 / n)
      raise<IoError>("{}: its shape is too large", place());
    elements_ *= n;
  }
  check_storage(handle_, elements_ * H5Tget_size(type.id()));
}

template <class Transfer>
void Dataset::transfer(std::uint64_t begin, std::uint64_t count, Transfer&& move) const {
  quiet();
  if (begin > elements_ || count > elements_ - begin)
    raise<InternalError>("{}: elements {} to {} must lie in its {}", place(), begin, begin + count, elements_);
  if (count == 0) return;
  if (begin == 0 && count == elements_) {
    move(H5S_ALL, H5S_ALL, std::uint64_t{0});
    return;
  }
  const Handle file(H5Dget_space(handle_.id()), place());
  std::vector<hsize_t> start(dims_.size()), size(dims_.size());
  std::uint64_t done = 0;
  each_box(dims_, 0, begin, count, start, size, [&](std::uint64_t elements) {
    if (H5Sselect_hyperslab(file.id(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr) < 0)
      throw_error(place(), "a part cannot be selected");
    const hsize_t flat = elements;
    const Handle memory(H5Screate_simple(1, &flat, nullptr), place());
    move(memory.id(), file.id(), done);
    done += elements;
  });
}

void Dataset::read(Type memory, std::uint64_t begin, std::uint64_t count, void* out) const {
  const hid_t type = memory_type(memory);
  const std::size_t bytes = H5Tget_size(type);
  transfer(begin, count, [&](hid_t in_memory, hid_t in_file, std::uint64_t done) {
    if (H5Dread(handle_.id(), type, in_memory, in_file, H5P_DEFAULT, static_cast<std::byte*>(out) + done * bytes) < 0)
      throw_error(place(), "cannot be read");
  });
}

void Dataset::write(Type memory, std::uint64_t begin, std::uint64_t count, const void* values) const {
  const hid_t type = memory_type(memory);
  const std::size_t bytes = H5Tget_size(type);
  transfer(begin, count, [&](hid_t in_memory, hid_t in_file, std::uint64_t done) {
    const auto* source = static_cast<const std::byte*>(values) + done * bytes;
    if (H5Dwrite(handle_.id(), type, in_memory, in_file, H5P_DEFAULT, source) < 0)
      throw_error(place(), "cannot be written");
  });
}

}  // namespace shoal::hdf5
