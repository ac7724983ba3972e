#pragma once

#if defined(__SSE__)
#include <xmmintrin.h>
#endif

namespace shoal {

// While it lives, this thread treats denormal numbers as zero, in and out, as every thread that trains does: a server
// must compute the bits that a local run computes.
class FlushDenormals {
 public:
#if defined(__SSE__)
  FlushDenormals() : before_(_mm_getcsr()) { _mm_setcsr(before_ | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(before_); }
#else
  FlushDenormals() {}
#endif
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

#if defined(__SSE__)
 private:
  unsigned before_;
#endif
};

}  // namespace shoal
