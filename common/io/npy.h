#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

// NumPy's files, format versions 1 to 3. Element types: float32, float64, int32, int64, uint8, bool, little endian;
// Fortran order is turned into C order, everything else is refused by name. Errors are IoError naming file and rule.
namespace shoal::io {

struct NpyArray {
  std::string dtype;  // "float32"
  std::vector<std::int64_t> shape;
  std::string data;  // row-major
};

NpyArray parse_npy(std::string content, const std::string& place);
std::string format_npy(const NpyArray& array);

NpyArray read_npy(const std::string& path);
void write_npy(const std::string& path, const NpyArray& array);  // whole or not at all

std::map<std::string, NpyArray> read_npz(const std::string& path);  // by name, without ".npy"
void write_npz(const std::string& path, const std::map<std::string, NpyArray>& arrays);

}  // namespace shoal::io
