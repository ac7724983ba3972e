#include "model/kernels/table.h"

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace shoal::kernels {

void flush_denormals() {
#if defined(__SSE__)
  constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x0040;
  _mm_setcsr(_mm_getcsr() | kFlushToZero | kDenormalsAreZero);
#endif
}

}  // namespace shoal::kernels
