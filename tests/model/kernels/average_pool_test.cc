#include <fmt/format.h>

#include "tests/model/kernels/support.h"

namespace shoal::kernels::test {
namespace {

std::vector<Pool2DShape> shapes() {
  return {{.batch = 2, .h = 8, .w = 6, .c = 32, .ph = 2, .pw = 2, .oh = 4, .ow = 3, .stride_h = 2, .stride_w = 2},
          {.batch = 3, .h = 7, .w = 9, .c = 17, .ph = 3, .pw = 3, .oh = 3, .ow = 4, .stride_h = 2, .stride_w = 2},
          {.batch = 1, .h = 9, .w = 8, .c = 20, .ph = 2, .pw = 3, .oh = 3, .ow = 2, .stride_h = 3, .stride_w = 4},
          {.batch = 2, .h = 5, .w = 5, .c = 1, .ph = 5, .pw = 5, .oh = 1, .ow = 1},
          // "same": the border's windows have fewer cells
          {.batch = 2,
           .h = 8,
           .w = 7,
           .c = 19,
           .ph = 3,
           .pw = 3,
           .oh = 4,
           .ow = 4,
           .stride_h = 2,
           .stride_w = 2,
           .pad_left = 1},
          {.batch = 1, .h = 5, .w = 4, .c = 6, .ph = 3, .pw = 5, .oh = 5, .ow = 4, .pad_top = 1, .pad_left = 2},
          {.batch = 2, .h = 1, .w = 11, .c = 9, .ph = 1, .pw = 4, .oh = 1, .ow = 4, .stride_w = 3, .pad_left = 1}};
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
        dx(x.size(), T(NAN)) {}
  void operator()(const Table<T>& table, const Pool2DShape& s) {
    table.average_pool(s, x.data(), y.data());
    table.average_pool_gradient(s, dy.data(), dx.data());
  }
};

Work<double> naive(const Pool2DShape& s) {
  Work<double> run(s);
  std::fill_n(run.dx.data(), run.dx.size(), 0.0);
  for (std::int64_t i = 0; i < run.y.size(); ++i) {
    const std::int64_t c = i % s.c, ox = i / s.c % s.ow, oy = i / s.c / s.ow % s.oh, n = i / s.c / s.ow / s.oh;
    std::vector<std::int64_t> inside;
    for (std::int64_t cell = 0; cell < s.ph * s.pw; ++cell) {
      const std::int64_t iy = oy * s.stride_h - s.pad_top + cell / s.pw,
                         ix = ox * s.stride_w - s.pad_left + cell % s.pw;
      if (iy >= 0 && iy < s.h && ix >= 0 && ix < s.w) inside.push_back(((n * s.h + iy) * s.w + ix) * s.c + c);
    }
    run.y[i] = 0;
    for (const std::int64_t cell : inside) {
      run.y[i] += run.x[cell] / static_cast<double>(inside.size());
      run.dx[cell] += run.dy[i] / static_cast<double>(inside.size());
    }
  }
  return run;
}

TEST(AveragePool, Float64EqualsNaiveLoops) {
  for (const auto& s : shapes()) {
    const Work<double> truth = naive(s);
    Work<double> run(s);
    run(table<double>(), s);
    EXPECT_LE(error(run.y, truth.y), 1e-14) << text(s);
    EXPECT_LE(error(run.dx, truth.dx), 1e-14) << text(s);
  }
}

TEST(AveragePool, EveryLevelAgreesWithNaiveLoops) {
  for (const auto& s : shapes()) {
    const Work<double> truth = naive(s);
    for (const auto* level : levels()) {
      Work<float> run(s);
      run(*level, s);
      EXPECT_LE(error(run.y, truth.y), 1e-6) << level->level << " " << text(s);
      EXPECT_LE(error(run.dx, truth.dx), 1e-6) << level->level << " " << text(s);
    }
  }
}

}  // namespace
}  // namespace shoal::kernels::test
