#pragma once

#include <string>

namespace shoal::hdf5 {

// HDF5 keeps its messages to itself: called in front of everything that may be a thread's first use of the library.
void quiet();

// IoError: "<place>: <what> (HDF5: <its innermost message>)".
[[noreturn]] void throw_error(const std::string& place, const std::string& what);

}  // namespace shoal::hdf5
