#include "model/kernels/peak.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace shoal::kernels {
namespace {

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

constexpr long kRounds = 200'000;
constexpr int kChains = 12;  // enough to cover the latency of two units

#if defined(__x86_64__)
__attribute__((target("avx512f"), noinline)) float chains_avx512() {
  const __m512 factor = _mm512_set1_ps(0.999f), addend = _mm512_set1_ps(0.001f);
  __m512 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm512_set1_ps(static_cast<float>(i));
  for (long round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sums[i] = _mm512_fmadd_ps(sums[i], factor, addend);
  }
  __m512 total = sums[0];
  for (int i = 1; i < kChains; ++i) total = _mm512_add_ps(total, sums[i]);
  return _mm512_cvtss_f32(total);
}

__attribute__((target("avx2,fma"), noinline)) float chains_avx2() {
  const __m256 factor = _mm256_set1_ps(0.999f), addend = _mm256_set1_ps(0.001f);
  __m256 sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = _mm256_set1_ps(static_cast<float>(i));
  for (long round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sums[i] = _mm256_fmadd_ps(sums[i], factor, addend);
  }
  __m256 total = sums[0];
  for (int i = 1; i < kChains; ++i) total = _mm256_add_ps(total, sums[i]);
  return _mm256_cvtss_f32(total);
}
#endif

// Four lanes, a multiplication and an addition for each fused one.
__attribute__((noinline)) float chains_generic() {
  using Four [[gnu::vector_size(16)]] = float;
  const Four factor = {0.999f, 0.999f, 0.999f, 0.999f}, addend = {0.001f, 0.001f, 0.001f, 0.001f};
  Four sums[kChains];
  for (int i = 0; i < kChains; ++i) sums[i] = addend * static_cast<float>(i);
  for (long round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sums[i] = sums[i] * factor + addend;
  }
  Four total = sums[0];
  for (int i = 1; i < kChains; ++i) total += sums[i];
  return total[0];
}

struct Probe {
  float (*run)();
  int lanes;
};

// level: "avx512", "avx2", anything else for plain code
Probe probe(const char* level) {
  const std::string_view name = level;
#if defined(__x86_64__)
  if (name == "avx512") return {chains_avx512, 16};
  if (name == "avx2") return {chains_avx2, 8};
#endif
  return {chains_generic, 4};
}

const char* best_level() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return "avx512";
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return "avx2";
#endif
  return "portable";
}

// Best of several tries of one thread.
double gflops(const Probe& probe) {
  double best = 0;
  for (int attempt = 0; attempt < 12; ++attempt) {
    const double start = seconds_now();
    volatile float keep = probe.run();
    static_cast<void>(keep);
    best = std::max(best, 2.0 * kRounds * kChains * probe.lanes / (seconds_now() - start) * 1e-9);
  }
  return best;
}

}  // namespace

double peak_gflops(int threads, const char* level) {
  const Probe chosen = probe(level);
  std::vector<double> each(static_cast<std::size_t>(threads));
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < each.size(); ++i) others.emplace_back([&, i] { each[i] = gflops(chosen); });
  each[0] = gflops(chosen);
  for (auto& thread : others) thread.join();
  double sum = 0;
  for (const double value : each) sum += value;
  return sum;
}

double peak_gflops(int threads) { return peak_gflops(threads, best_level()); }

}  // namespace shoal::kernels
