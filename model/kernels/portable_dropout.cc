#include <algorithm>

#include "common/base/random.h"
#include "model/kernels/portable.h"

namespace shoal::kernels::portable {

template <class T>
void dropout(const DropoutArgs<T>& args) {
  for (std::int64_t row = 0; row < args.rows; ++row) {
    const T* x = args.x + row * args.elements;
    T* y = args.y + row * args.elements;
    for (std::int64_t e = 0; e < args.elements; e += 4) {
      const auto words =
          random::philox(args.key, static_cast<std::uint64_t>(args.first_row + row), static_cast<std::uint64_t>(e / 4));
      const std::int64_t count = std::min<std::int64_t>(4, args.elements - e);
      for (std::int64_t i = 0; i < count; ++i)
        y[e + i] = words[static_cast<std::size_t>(i)] < args.threshold ? T(0) : x[e + i] * args.scale;
    }
  }
}

template void dropout(const DropoutArgs<float>&);
template void dropout(const DropoutArgs<double>&);

}  // namespace shoal::kernels::portable
