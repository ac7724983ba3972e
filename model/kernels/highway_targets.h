// The instruction sets that the fast kernels are built for. Include before hwy/foreach_target.h, in every pass. The
// static target of a generic build is always compiled too: sources skip it, the portable kernels take its place.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
