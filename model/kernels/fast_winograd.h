#pragma once

#include <cstdint>

#include "model/kernels/table.h"
#include "model/kernels/winograd.h"

// What Winograd convolutions are made of, built once for each instruction set. Channels come in multiples of 16.
namespace shoal::kernels::fast {

// c[plane][row][column] (+)= sum over k of a[plane][row * a_row + k * a_k] * b[plane][k][column], one chain of fused
// multiply-adds; columns: a multiple of 16.
struct PlaneProducts {
  std::int64_t rows = 0, columns = 0, k = 0;
  const float* a = nullptr;
  std::int64_t a_plane = 0, a_row = 0, a_k = 1;
  const float* b = nullptr;
  std::int64_t b_plane = 0, ldb = 0;
  float* c = nullptr;
  std::int64_t c_plane = 0, ldc = 0;
  bool accumulate = false;
};

// Tiles of 4 x 4 outputs in the order image, row, column: so many from `first` on. Tile i of a plane lies at
// i * channels; outside of the image everything is zero.
struct WinogradTiles {
  const Conv2DShape* shape = nullptr;
  std::int64_t first = 0, count = 0;
  std::int64_t plane = 0;  // elements from plane to plane
};

struct WinogradSteps {
  void (*multiply)(const PlaneProducts&) = nullptr;
  // The 6 x 6 inputs of each tile.
  void (*take_inputs)(const WinogradTiles&, const float* x, float* planes) = nullptr;
  // y = sums (+ bias) (ReLU)
  void (*give_outputs)(const WinogradTiles&, const float* planes, const float* bias, bool relu, float* y) = nullptr;
  // The gradients of the 4 x 4 outputs.
  void (*take_gradients)(const WinogradTiles&, const float* dy, float* planes) = nullptr;
  // n elements, a multiple of 16, of each of 9 taps `step` apart.
  void (*take_kernel)(std::int64_t n, const float* taps, std::int64_t step, float* planes,
                      std::int64_t plane) = nullptr;
  // taps += the kernel's gradient out of that of the planes
  void (*give_kernel)(std::int64_t n, const float* planes, std::int64_t plane, float* taps,
                      std::int64_t step) = nullptr;
};

}  // namespace shoal::kernels::fast
