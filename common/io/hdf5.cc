#include "common/io/hdf5.h"

#include <hdf5.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/io/hdf5_error.h"

namespace shoal::hdf5 {

static_assert(std::is_same_v<hid_t, std::int64_t>);

namespace {

hid_t file_type(Type type) {
  switch (type) {
    case Type::kFloat32:
      return H5T_IEEE_F32LE;
    case Type::kFloat64:
      return H5T_IEEE_F64LE;
    case Type::kInt32:
      return H5T_STD_I32LE;
    case Type::kInt64:
      return H5T_STD_I64LE;
    case Type::kUInt8:
      return H5T_STD_U8LE;
    case Type::kOther:
      break;
  }
  raise<InternalError>("hdf5: a file type must be one of the known ones");
}

}  // namespace

Handle::Handle(std::int64_t id, std::string place) : place_(std::move(place)) {
  if (id < 0) throw_error(place_, "cannot be opened");
  id_ = std::shared_ptr<const std::int64_t>(new std::int64_t(id), [](const std::int64_t* open) {
    quiet();
    if (H5Iis_valid(*open) > 0) H5Idec_ref(*open);
    delete open;
  });
}

std::int64_t Handle::id() const {
  if (!id_) raise<InternalError>("{}: used after close", place_);
  return *id_;
}

// --- Group ---

std::string Group::place_of(const std::string& path) const {
  return place().ends_with('/') ? place() + path : place() + "/" + path;
}

bool Group::has(const std::string& path) const {
  quiet();
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const std::string prefix = path.substr(0, end);
    const htri_t exists = H5Lexists(handle_.id(), prefix.c_str(), H5P_DEFAULT);
    if (exists < 0) throw_error(place_of(prefix), "cannot be looked up");
    if (exists == 0) return false;
    H5L_info_t info;
    if (H5Lget_info(handle_.id(), prefix.c_str(), &info, H5P_DEFAULT) < 0)
      throw_error(place_of(prefix), "cannot be looked up");
    if (info.type != H5L_TYPE_HARD)
      raise<IoError>("{}: a link that leaves its place is not accepted", place_of(prefix));
  }
  return true;
}

std::vector<std::string> Group::names() const {
  quiet();
  std::vector<std::string> names;
  const auto take = [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
    static_cast<std::vector<std::string>*>(out)->emplace_back(name);
    return 0;
  };
  if (H5Literate(handle_.id(), H5_INDEX_NAME, H5_ITER_INC, nullptr, take, &names) < 0)
    throw_error(place(), "its members cannot be listed");
  std::sort(names.begin(), names.end());
  return names;
}

bool Group::is_group(const std::string& path) const {
  if (!has(path)) return false;
  const Handle object(H5Oopen(handle_.id(), path.c_str(), H5P_DEFAULT), place_of(path));
  return H5Iget_type(object.id()) == H5I_GROUP;
}

Group Group::group(const std::string& path) const {
  if (!has(path)) raise<IoError>("{}: is missing", place_of(path));
  return Group(Handle(H5Gopen2(handle_.id(), path.c_str(), H5P_DEFAULT), place_of(path)));
}

Dataset Group::dataset(const std::string& path) const {
  if (!has(path)) raise<IoError>("{}: is missing", place_of(path));
  return Dataset(Handle(H5Dopen2(handle_.id(), path.c_str(), H5P_DEFAULT), place_of(path)));
}

Group Group::create_group(const std::string& path) const {
  quiet();
  const Handle links(H5Pcreate(H5P_LINK_CREATE), place());
  H5Pset_create_intermediate_group(links.id(), 1);
  return Group(Handle(H5Gcreate2(handle_.id(), path.c_str(), links.id(), H5P_DEFAULT, H5P_DEFAULT), place_of(path)));
}

Dataset Group::create_dataset(const std::string& path, Type type, const std::vector<std::uint64_t>& dims) const {
  quiet();
  const Handle links(H5Pcreate(H5P_LINK_CREATE), place());
  H5Pset_create_intermediate_group(links.id(), 1);
  const std::vector<hsize_t> sizes(dims.begin(), dims.end());
  const Handle space(
      sizes.empty() ? H5Screate(H5S_SCALAR) : H5Screate_simple(static_cast<int>(sizes.size()), sizes.data(), nullptr),
      place_of(path));
  return Dataset(
      Handle(H5Dcreate2(handle_.id(), path.c_str(), file_type(type), space.id(), links.id(), H5P_DEFAULT, H5P_DEFAULT),
             place_of(path)));
}

void Group::write_text(const std::string& path, const std::string& text) const {
  create_dataset(path, Type::kUInt8, {text.size()}).write(Type::kUInt8, 0, text.size(), text.data());
}

std::string Group::read_text(const std::string& path) const {
  const Dataset bytes = dataset(path);
  hsize_t file_bytes = 0;
  const Handle file(H5Iget_file_id(handle_.id()), place());
  if (H5Fget_filesize(file.id(), &file_bytes) < 0 || bytes.elements() > file_bytes)
    raise<IoError>("{}: is longer than the file", bytes.place());
  std::string text(bytes.elements(), '\0');
  bytes.read(Type::kUInt8, 0, text.size(), text.data());
  return text;
}

// --- File ---

File File::create(const std::string& path, std::size_t user_block) {
  quiet();
  const Handle properties(H5Pcreate(H5P_FILE_CREATE), path);
  if (user_block != 0 && H5Pset_userblock(properties.id(), user_block) < 0)
    throw_error(path, "cannot have such a user block");
  const hid_t id = H5Fcreate(path.c_str(), H5F_ACC_TRUNC, properties.id(), H5P_DEFAULT);
  if (id < 0) throw_error(path, "cannot be made");
  return File(Handle(id, path));
}

File File::open(const std::string& path, const std::string& name) {
  quiet();
  const std::string& place = name.empty() ? path : name;
  const hid_t id = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  if (id < 0) throw_error(place, "cannot be opened as an HDF5 file");
  return File(Handle(id, place));
}

Group File::root() const { return Group(Handle(H5Gopen2(handle_.id(), "/", H5P_DEFAULT), handle_.place() + ": ")); }

void File::close() {
  quiet();
  if (H5Fflush(handle_.id(), H5F_SCOPE_GLOBAL) < 0) throw_error(handle_.place(), "cannot be written");
  handle_ = Handle();
}

}  // namespace shoal::hdf5
