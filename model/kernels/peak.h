#pragma once

namespace shoal::kernels {

// How many float operations a second `threads` threads can do at once, in 10^9, measured (some 10 ms): fused
// multiply-adds on registers alone, in the widest vectors that the processor has, or in those of a kernel level.
double peak_gflops(int threads);
double peak_gflops(int threads, const char* level);

}  // namespace shoal::kernels
