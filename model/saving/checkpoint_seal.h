#pragma once

#include <cstddef>
#include <string>

namespace shoal::saving {

// The bytes in front of a checkpoint's HDF5 part: a line with that part's length and CRC-32. It is verified before
// HDF5, which does not stand every damage, sees a byte of the file.
inline constexpr std::size_t kSealBytes = 512;

void write_seal(const std::string& path);   // of a closed file with a user block of kSealBytes
void verify_seal(const std::string& path);  // throws IoError saying what is wrong

}  // namespace shoal::saving
