#include <fmt/format.h>

#include <limits>

#include "tests/model/kernels/support.h"

namespace shoal::kernels::test {
namespace {

std::vector<Pool2DShape> shapes() {
  const auto valid = [](std::int64_t batch, std::int64_t h, std::int64_t w, std::int64_t c, std::int64_t ph,
                        std::int64_t pw, std::int64_t sh, std::int64_t sw) {
    return Pool2DShape{.batch = batch,
                       .h = h,
                       .w = w,
                       .c = c,
                       .ph = ph,
                       .pw = pw,
                       .oh = (h - ph) / sh + 1,
                       .ow = (w - pw) / sw + 1,
                       .stride_h = sh,
                       .stride_w = sw};
  };
  std::vector<Pool2DShape> out = {valid(2, 30, 30, 32, 2, 2, 2, 2), valid(2, 13, 13, 64, 2, 2, 2, 2),
                                  valid(1, 4, 4, 3, 2, 2, 2, 2),    valid(3, 7, 9, 17, 3, 3, 2, 2),
                                  valid(1, 9, 8, 20, 2, 3, 3, 4),   valid(2, 5, 5, 1, 1, 1, 1, 1),
                                  valid(1, 6, 7, 33, 3, 2, 1, 1),   valid(1, 11, 5, 8, 2, 2, 2, 1)};
  // "same": 3x3 windows with stride 2 on 8x7, and 2x2 on an odd input
  out.push_back({.batch = 2,
                 .h = 8,
                 .w = 7,
                 .c = 19,
                 .ph = 3,
                 .pw = 3,
                 .oh = 4,
                 .ow = 4,
                 .stride_h = 2,
                 .stride_w = 2,
                 .pad_top = 0,
                 .pad_left = 1});
  out.push_back(
      {.batch = 2, .h = 7, .w = 5, .c = 16, .ph = 2, .pw = 2, .oh = 4, .ow = 3, .stride_h = 2, .stride_w = 2});
  out.push_back({.batch = 1,
                 .h = 5,
                 .w = 5,
                 .c = 6,
                 .ph = 3,
                 .pw = 3,
                 .oh = 5,
                 .ow = 5,
                 .stride_h = 1,
                 .stride_w = 1,
                 .pad_top = 1,
                 .pad_left = 1});
  return out;
}

std::string text(const Pool2DShape& s) {
  return fmt::format("{}x{}x{}x{} window {}x{} stride {}x{}", s.batch, s.h, s.w, s.c, s.ph, s.pw, s.stride_h,
                     s.stride_w);
}

template <class T>
struct Work {
  Array<T> x, y, dy, dx;
  explicit Work(const Pool2DShape& s)
      : x(Array<T>::random(s.batch * s.h * s.w * s.c, 1)),
        y(s.batch * s.oh * s.ow * s.c, T(NAN)),
        dy(Array<T>::random(y.size(), 2)),
        dx(x.size(), T(NAN)) {
    for (std::int64_t i = 0; i < x.size(); ++i) x[i] = std::max(std::round(x[i] * 8) / 8, T(-0.25));  // many ties
  }
  void operator()(const Table<T>& table, const Pool2DShape& s) {
    table.max_pool(s, x.data(), y.data());
    table.max_pool_gradient(s, x.data(), y.data(), dy.data(), dx.data());
  }
};

Work<double> naive(const Pool2DShape& s) {
  Work<double> run(s);
  std::fill_n(run.dx.data(), run.dx.size(), 0.0);
  for (std::int64_t i = 0; i < run.y.size(); ++i) {
    const std::int64_t c = i % s.c, ox = i / s.c % s.ow, oy = i / s.c / s.ow % s.oh, n = i / s.c / s.ow / s.oh;
    std::int64_t best = -1;
    for (std::int64_t cell = 0; cell < s.ph * s.pw; ++cell) {
      const std::int64_t iy = oy * s.stride_h - s.pad_top + cell / s.pw,
                         ix = ox * s.stride_w - s.pad_left + cell % s.pw;
      if (iy < 0 || iy >= s.h || ix < 0 || ix >= s.w) continue;
      const std::int64_t input = ((n * s.h + iy) * s.w + ix) * s.c + c;
      if (best < 0 || run.x[input] > run.x[best]) best = input;
    }
    run.y[i] = run.x[best];
    run.dx[best] += run.dy[i];
  }
  return run;
}

template <class T>
void expect_equal(const Work<T>& run, const Work<double>& truth, const std::string& what) {
  EXPECT_EQ(error(run.y, truth.y), 0) << what;
  EXPECT_LE(error(run.dx, truth.dx), sizeof(T) == 4 ? 1e-6 : 1e-15) << what;
}

TEST(Pool2D, Float64EqualsNaiveLoops) {
  for (const auto& s : shapes()) {
    Work<double> run(s);
    run(table<double>(), s);
    expect_equal(run, naive(s), text(s));
  }
}

TEST(Pool2D, EveryLevelAgreesWithNaiveLoops) {
  for (const auto& s : shapes()) {
    const Work<double> truth = naive(s);
    for (const auto* level : levels()) {
      Work<float> run(s);
      run(*level, s);
      expect_equal(run, truth, fmt::format("{} {}", level->level, text(s)));
    }
  }
}

TEST(Pool2D, NanIsSeenInTheOutput) {
  const Pool2DShape s = shapes().front();
  for (const auto* level : levels()) {
    for (const std::int64_t cell : {0, 1, 30, 31}) {  // each place of the first window
      Work<float> run(s);
      run.x[cell * s.c + 5] = NAN;
      run(*level, s);
      EXPECT_TRUE(std::isnan(run.y[5])) << level->level;
      EXPECT_FALSE(std::isnan(run.y[4])) << level->level;
    }
  }
}

}  // namespace
}  // namespace shoal::kernels::test
