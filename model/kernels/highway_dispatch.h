#pragma once

#include "hwy/highway.h"
#include "model/kernels/highway.h"

// SHOAL_FOR_TARGET(target, f(x)) calls the build of f for that target, if there is one.
#if HWY_TARGETS & HWY_AVX2
#define SHOAL_IF_AVX2(target, call) \
  if ((target) == ::shoal::kernels::fast::Target::kAvx2) N_AVX2::call
#else
#define SHOAL_IF_AVX2(target, call)
#endif
#if HWY_TARGETS & HWY_AVX3
#define SHOAL_IF_AVX512(target, call) \
  if ((target) == ::shoal::kernels::fast::Target::kAvx512) N_AVX3::call
#else
#define SHOAL_IF_AVX512(target, call)
#endif
#define SHOAL_FOR_TARGET(target, call) \
  static_cast<void>(target);           \
  SHOAL_IF_AVX2(target, call);         \
  SHOAL_IF_AVX512(target, call)
