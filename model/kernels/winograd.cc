#include "model/kernels/winograd.h"

#include <cstdlib>
#include <string_view>

namespace shoal::kernels {

bool takes_winograd(const Conv2DShape& s) {
  static const bool wanted = [] {
    const char* value = std::getenv("SHOAL_WINOGRAD");
    return value == nullptr || std::string_view(value) != "0";
  }();
  const bool plain = s.kh == 3 && s.kw == 3 && s.stride_h == 1 && s.stride_w == 1 && s.dilation_h == 1 &&
                     s.dilation_w == 1 && s.groups == 1;
  if (!wanted || !plain || s.ci % 16 != 0 || s.co % 16 != 0) return false;
  const std::int64_t computed = (s.oh + 3) / 4 * 4 * ((s.ow + 3) / 4 * 4);
  return computed * 3 <= s.oh * s.ow * 4;
}

}  // namespace shoal::kernels
