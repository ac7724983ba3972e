#include "common/io/hdf5_error.h"

#include <hdf5.h>

#include <mutex>

#include "common/base/error.h"

namespace shoal::hdf5 {

void quiet() {
  // A file that could not be written would make the library's own clean-up at exit try for ever.
  static std::once_flag once;
  std::call_once(once, [] { H5dont_atexit(); });
  thread_local bool done = false;  // each thread has an error stack of its own
  if (!done) H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  done = true;
}

void throw_error(const std::string& place, const std::string& what) {
  std::string detail;
  const auto first = [](unsigned, const H5E_error2_t* error, void* out) -> herr_t {
    auto& text = *static_cast<std::string*>(out);
    if (text.empty() && error->desc) text = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, first, &detail);
  H5Eclear2(H5E_DEFAULT);
  if (detail.empty()) raise<IoError>("{}: {}", place, what);
  raise<IoError>("{}: {} (HDF5: {})", place, what, detail);
}

}  // namespace shoal::hdf5
