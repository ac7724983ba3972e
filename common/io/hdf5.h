#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

// HDF5 files with handles that close themselves. Everything throws IoError naming file, object and what HDF5 says.
// Links that leave the file (soft, external) and data stored elsewhere (external, virtual) are refused.
namespace shoal::hdf5 {

enum class Type : std::uint8_t { kFloat32, kFloat64, kInt32, kInt64, kUInt8, kOther };

// An open HDF5 object; copies share it.
class Handle {
 public:
  Handle() = default;
  Handle(std::int64_t id, std::string place);
  std::int64_t id() const;
  const std::string& place() const { return place_; }  // "model.weights.h5: /layers/dense/vars"

 private:
  std::shared_ptr<const std::int64_t> id_;
  std::string place_;
};

class Dataset {
 public:
  explicit Dataset(Handle handle);
  Type type() const { return type_; }  // kOther: some other number, which `read` still converts
  const std::vector<std::uint64_t>& dims() const { return dims_; }  // empty: a scalar
  std::uint64_t elements() const { return elements_; }
  const std::string& place() const { return handle_.place(); }
  // Elements [begin, begin + count) in row-major order, converted from and to `memory`.
  void read(Type memory, std::uint64_t begin, std::uint64_t count, void* out) const;
  void write(Type memory, std::uint64_t begin, std::uint64_t count, const void* values) const;

 private:
  template <class Transfer>
  void transfer(std::uint64_t begin, std::uint64_t count, Transfer&& move) const;

  Handle handle_;
  Type type_ = Type::kOther;
  std::vector<std::uint64_t> dims_;
  std::uint64_t elements_ = 1;
};

// Paths have parts joined by '/', relative to the group.
class Group {
 public:
  explicit Group(Handle handle) : handle_(std::move(handle)) {}
  const std::string& place() const { return handle_.place(); }

  bool has(const std::string& path) const;
  std::vector<std::string> names() const;  // of its direct members, sorted as text
  bool is_group(const std::string& path) const;
  Group group(const std::string& path) const;
  Dataset dataset(const std::string& path) const;

  Group create_group(const std::string& path) const;  // with the groups on the way to it
  Dataset create_dataset(const std::string& path, Type type, const std::vector<std::uint64_t>& dims) const;

  // Text as bytes of a one-dimensional dataset: no limit of length.
  void write_text(const std::string& path, const std::string& text) const;
  std::string read_text(const std::string& path) const;

  // Attributes of text. Read in every form that h5py writes: scalars and lists, of variable and fixed length, ASCII
  // and UTF-8, and the empty list of numbers that stands for an empty list of strings. Nothing when there is none.
  void set_attribute(const std::string& name, const std::string& text) const;
  void set_attribute(const std::string& name, const std::vector<std::string>& texts) const;
  std::optional<std::vector<std::string>> attribute(const std::string& name) const;

 private:
  std::string place_of(const std::string& path) const;
  Handle handle_;
};

class File {
 public:
  // A new file, replacing what is there. `user_block` bytes in front (0, or a power of two from 512) are left to the
  // caller.
  static File create(const std::string& path, std::size_t user_block = 0);
  // Read only. `name` stands for the path in messages when given.
  static File open(const std::string& path, const std::string& name = "");
  Group root() const;
  void close();  // writes what is pending; a writer calls it, since errors show only here

 private:
  explicit File(Handle handle) : handle_(std::move(handle)) {}
  Handle handle_;
};

}  // namespace shoal::hdf5
