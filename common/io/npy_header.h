#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::io {

// What stands in the header of a .npy file, a Python dictionary literal.
struct NpyHeader {
  std::string descr;  // "<f4"
  bool fortran_order = false;
  std::vector<std::int64_t> shape;
};

// `text` is the literal alone. IoError naming `place`.
NpyHeader parse_npy_header(std::string_view text, const std::string& place);
std::string format_npy_header(const NpyHeader& header);

}  // namespace shoal::io
