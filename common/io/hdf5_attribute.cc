#include "common/io/hdf5.h"

#include <hdf5.h>

#include <algorithm>
#include <cstring>

#include "common/base/error.h"
#include "common/io/hdf5_error.h"

namespace shoal::hdf5 {

namespace {

constexpr std::size_t kMostAttributeBytes = std::size_t{64} << 20;

Handle text_type(std::size_t size, const std::string& place) {
  Handle type(H5Tcopy(H5T_C_S1), place);
  H5Tset_size(type.id(), size);
  if (size == H5T_VARIABLE) {
    H5Tset_cset(type.id(), H5T_CSET_UTF8);
  } else {
    H5Tset_strpad(type.id(), H5T_STR_NULLPAD);
  }
  return type;
}

std::vector<std::string> read_fixed(const Handle& attribute, std::size_t count, std::size_t size) {
  if (size == 0 || count > kMostAttributeBytes / size) raise<IoError>("{}: is too long", attribute.place());
  std::vector<char> bytes(count * size);
  const Handle memory = text_type(size, attribute.place());
  const Handle stored(H5Aget_type(attribute.id()), attribute.place());
  H5Tset_cset(memory.id(), H5Tget_cset(stored.id()));
  if (count != 0 && H5Aread(attribute.id(), memory.id(), bytes.data()) < 0)
    throw_error(attribute.place(), "cannot be read");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    const char* text = bytes.data() + i * size;
    texts.emplace_back(text, ::strnlen(text, size));
  }
  return texts;
}

std::vector<std::string> read_variable(const Handle& attribute, const Handle& type, const Handle& space,
                                       std::size_t count) {
  if (count > kMostAttributeBytes / sizeof(char*)) raise<IoError>("{}: is too long", attribute.place());
  std::vector<char*> pointers(count, nullptr);
  if (count != 0 && H5Aread(attribute.id(), type.id(), pointers.data()) < 0)
    throw_error(attribute.place(), "cannot be read");
  std::vector<std::string> texts;
  for (const char* text : pointers) texts.emplace_back(text ? text : "");
  H5Dvlen_reclaim(type.id(), space.id(), H5P_DEFAULT, pointers.data());
  return texts;
}

void write_attribute(const Handle& object, const std::string& name, const Handle& type, const Handle& space,
                     const void* values) {
  const std::string place = object.place() + "@" + name;
  const Handle attribute(H5Acreate2(object.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT), place);
  if (values && H5Awrite(attribute.id(), type.id(), values) < 0) throw_error(place, "cannot be written");
}

}  // namespace

void Group::set_attribute(const std::string& name, const std::string& text) const {
  quiet();
  const char* pointer = text.c_str();
  write_attribute(handle_, name, text_type(H5T_VARIABLE, place()), Handle(H5Screate(H5S_SCALAR), place()), &pointer);
}

void Group::set_attribute(const std::string& name, const std::vector<std::string>& texts) const {
  quiet();
  std::size_t longest = 1;
  for (const auto& text : texts) longest = std::max(longest, text.size());
  std::vector<char> bytes(texts.size() * longest, '\0');
  for (std::size_t i = 0; i < texts.size(); ++i) std::copy(texts[i].begin(), texts[i].end(), &bytes[i * longest]);
  const hsize_t count = texts.size();
  write_attribute(handle_, name, text_type(longest, place()), Handle(H5Screate_simple(1, &count, nullptr), place()),
                  texts.empty() ? nullptr : bytes.data());
}

std::optional<std::vector<std::string>> Group::attribute(const std::string& name) const {
  quiet();
  const std::string place = this->place() + "@" + name;
  const htri_t exists = H5Aexists(handle_.id(), name.c_str());
  if (exists < 0) throw_error(place, "cannot be looked up");
  if (exists == 0) return std::nullopt;
  const Handle attribute(H5Aopen(handle_.id(), name.c_str(), H5P_DEFAULT), place);
  const Handle type(H5Aget_type(attribute.id()), place);
  const Handle space(H5Aget_space(attribute.id()), place);
  const hssize_t points = H5Sget_simple_extent_npoints(space.id());
  if (points < 0) throw_error(place, "has no shape");
  const auto count = static_cast<std::size_t>(points);
  if (H5Tget_class(type.id()) != H5T_STRING) {
    if (count == 0) return std::vector<std::string>();
    raise<IoError>("{}: must be text", place);
  }
  return H5Tis_variable_str(type.id()) > 0 ? read_variable(attribute, type, space, count)
                                           : read_fixed(attribute, count, H5Tget_size(type.id()));
}

}  // namespace shoal::hdf5
