#pragma once

#include <cstdint>

#include "model/kernels/fast.h"

// What the gradients of a convolution are made of when most of dy is zero. Lists of non-zeros give the places as
// distances in floats. Lists are written in whole vectors: they need room for one more behind their end.
namespace shoal::kernels::fast {

// A list of one output channel: out[line][column] += value[e] * x[place[e] + line * x_line + column], e in order.
struct Runs {
  std::int64_t count = 0;
  const std::int32_t* place = nullptr;
  const float* value = nullptr;
  const float* x = nullptr;
  std::int64_t x_line = 0;
  int lines = 0, columns = 0;  // lines * vectors of columns <= Level::max_run_sums
  float* out = nullptr;
  std::int64_t out_line = 0;
};

// The non-zeros of dy [pixels, columns], pixel by pixel, and within a pixel of pooled outputs by the four that may have
// won. List number i is [start[i], start[i + 1]); a place is column * scale.
struct PixelList {
  std::int64_t pixels = 0, columns = 0, ld = 0;
  const float* dy = nullptr;
  const std::uint8_t* winner = nullptr;  // like dy, or null
  std::int32_t scale = 1;
  std::int32_t* start = nullptr;  // (winner ? 4 : 1) * pixels + 1
  std::int32_t* place = nullptr;
  float* value = nullptr;
};

// dx[origin[i] + cell[c] + lane] += value[e] * panel[place[e] + c * lanes + lane], e of list i in order.
struct Patches {
  std::int64_t lists = 0;
  const std::int32_t* start = nullptr;
  const std::int32_t* place = nullptr;
  const float* value = nullptr;
  const float* panel = nullptr;
  const std::int32_t* origin = nullptr;
  int cells = 0;  // <= Level::max_patch
  const std::int32_t* cell = nullptr;
  int lanes = 0;  // of a vector that exist in dx
  float* dx = nullptr;
};

// Pooled outputs and few inputs to each: all four values that a tap may have read lie side by side.
// dkernel[tap][column] += dy[pixel][column] * quads[pixel.. + tap][winner[pixel][column]]
struct Quads {
  std::int64_t rows = 0, pixels = 0;  // pooled
  const float* quads = nullptr;
  std::int64_t row = 0, pixel = 0;  // steps in floats
  int taps = 0, columns = 0;        // <= Level::max_quad_taps, Level::quad_vectors vectors
  const float* dy = nullptr;
  const std::uint8_t* winner = nullptr;
  std::int64_t ld = 0;  // of dy, winner and dkernel
  float* dkernel = nullptr;
};

}  // namespace shoal::kernels::fast
