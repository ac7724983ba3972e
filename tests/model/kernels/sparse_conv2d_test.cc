#include <fmt/format.h>

#include "tests/model/kernels/support.h"

// Convolutions with pooling, and gradients that skip zeros, against the portable kernels that do neither.
namespace shoal::kernels::test {
namespace {

struct Padding {
  std::int64_t top = 0, left = 0, oh = 0, ow = 0;  // oh, ow: 0 = as many as fit
};

Conv2DShape shape(std::int64_t batch, std::int64_t h, std::int64_t w, std::int64_t ci, std::int64_t kh, std::int64_t kw,
                  std::int64_t co, std::int64_t stride_h = 1, std::int64_t stride_w = 1, Padding p = {}) {
  return {.batch = batch,
          .h = h,
          .w = w,
          .ci = ci,
          .kh = kh,
          .kw = kw,
          .co = co,
          .oh = p.oh ? p.oh : (h - kh) / stride_h + 1,
          .ow = p.ow ? p.ow : (w - kw) / stride_w + 1,
          .stride_h = stride_h,
          .stride_w = stride_w,
          .pad_top = p.top,
          .pad_left = p.left};
}

std::vector<Conv2DShape> shapes() {
  return {shape(2, 9, 32, 3, 3, 3, 32),
          shape(3, 8, 15, 32, 3, 3, 64),
          shape(2, 28, 28, 1, 3, 3, 32),
          shape(3, 13, 13, 32, 3, 3, 64),
          shape(2, 6, 6, 64, 3, 3, 64),
          shape(2, 7, 7, 5, 2, 2, 7),
          shape(1, 6, 5, 16, 3, 3, 33),
          shape(2, 8, 9, 3, 5, 5, 17),
          shape(1, 9, 8, 17, 5, 5, 18),
          shape(2, 11, 13, 2, 3, 3, 20, 2, 2),
          shape(1, 12, 13, 20, 3, 2, 50, 2, 3),
          shape(2, 8, 8, 16, 3, 3, 16, 1, 1, {1, 1, 8, 8}),
          shape(2, 7, 9, 6, 3, 3, 6, 1, 1, {1, 1, 7, 9}),
          shape(1, 7, 9, 33, 5, 3, 70, 1, 1, {2, 1, 7, 9}),
          shape(2, 9, 9, 1, 1, 1, 4),
          shape(2, 5, 4, 130, 1, 1, 130),
          shape(1, 8, 8, 70, 1, 4, 9),
          shape(1, 5, 6, 3, 3, 2, 19, 1, 1, {4, 3, 11, 12}),
          shape(2, 9, 9, 4, 3, 3, 10, 1, 1, {1, 0, 4, 3}),
          shape(1, 12, 12, 8, 7, 7, 40),
          shape(1, 4, 4, 200, 3, 3, 5),
          shape(1, 3, 3, 2, 3, 3, 4)};
}

std::string text(const Conv2DShape& s) {
  return fmt::format("x {}x{}x{}x{} kernel {}x{} -> {}x{}x{} stride {}x{} pad {},{}", s.batch, s.h, s.w, s.ci, s.kh,
                     s.kw, s.oh, s.ow, s.co, s.stride_h, s.stride_w, s.pad_top, s.pad_left);
}

// Zeros in the given share of the places, of both signs.
template <class T>
void thin_out(Array<T>& dy, double share) {
  std::mt19937 generator(9);
  for (std::int64_t i = 0; i < dy.size(); ++i) {
    const auto draw = generator();
    if (draw < share * 4294967296.0) dy[i] = draw % 2 == 0 ? T(0) : T(-0.0);
  }
}

template <class T>
struct Work {
  Array<T> x, kernel, bias, y, dy, dx, dkernel;
  Array<std::uint8_t> winner;
  Work(const Conv2DShape& s, bool pooled, double zeros = 0.6)
      : x(Array<T>::random(s.batch * s.h * s.w * s.ci, 1)),
        kernel(Array<T>::random(s.kh * s.kw * s.ci * s.co, 2)),
        bias(Array<T>::random(s.co, 5)),
        y(s.batch * (s.oh / 2) * (s.ow / 2) * s.co, T(NAN)),
        dy(Array<T>::random(pooled ? y.size() : s.batch * s.oh * s.ow * s.co, 3)),
        dx(x.size(), T(NAN)),
        dkernel(Array<T>::random(kernel.size(), 4)),
        winner(y.size(), 9) {
    thin_out(dy, zeros);
  }

  void forward(const Table<T>& table, const Conv2DShape& s, bool with_bias = true) {
    Scratch scratch(table.sparse_conv2d_scratch(s));
    table.pooled_conv2d({.shape = s,
                         .x = x.data(),
                         .kernel = kernel.data(),
                         .bias = with_bias ? bias.data() : nullptr,
                         .out = y.data(),
                         .winner = winner.data(),
                         .scratch = scratch.data()});
  }
  void backward(const Table<T>& table, const Conv2DShape& s, const std::uint8_t* winners) {
    Scratch scratch(table.sparse_conv2d_scratch(s));
    SparseConv2DArgs<T> args{.shape = s,
                             .x = x.data(),
                             .kernel = kernel.data(),
                             .dy = dy.data(),
                             .winner = winners,
                             .out = dx.data(),
                             .scratch = scratch.data()};
    table.sparse_conv2d_input_gradient(args);
    args.out = dkernel.data();
    table.sparse_conv2d_kernel_gradient(args);
  }
};

// The same through the kernels for any gradient.
Work<double> plain(const Conv2DShape& s, const Array<std::uint8_t>* winner, double zeros = 0.6) {
  Work<double> run(s, winner != nullptr, zeros);
  Array<double> map(s.batch * s.oh * s.ow * s.co);
  if (winner == nullptr) map = run.dy;
  const std::int64_t ph = s.oh / 2, pw = s.ow / 2;
  for (std::int64_t i = 0; winner != nullptr && i < run.dy.size(); ++i) {
    const std::int64_t c = i % s.co, x = i / s.co % pw, y = i / s.co / pw % ph, n = i / s.co / pw / ph;
    const int code = (*winner)[i];
    map[((n * s.oh + 2 * y + code / 2) * s.ow + 2 * x + code % 2) * s.co + c] = run.dy[i];
  }
  Scratch scratch(table<double>().conv2d_scratch(s));
  table<double>().conv2d_input_gradient(
      {.shape = s, .kernel = run.kernel.data(), .dy = map.data(), .out = run.dx.data(), .scratch = scratch.data()});
  table<double>().conv2d_kernel_gradient(
      {.shape = s, .x = run.x.data(), .dy = map.data(), .out = run.dkernel.data(), .scratch = scratch.data()});
  return run;
}

TEST(PooledConv2D, Float64IsPoolingOfTheConvolution) {
  for (const Conv2DShape& s : shapes()) {
    Work<double> run(s, true);
    run.forward(table<double>(), s);
    Array<double> map(s.batch * s.oh * s.ow * s.co), y(run.y.size());
    Scratch scratch(table<double>().conv2d_scratch(s));
    table<double>().conv2d({.shape = s,
                            .x = run.x.data(),
                            .kernel = run.kernel.data(),
                            .out = map.data(),
                            .bias = run.bias.data(),
                            .activation = Activation::kRelu,
                            .scratch = scratch.data()});
    table<double>().max_pool({.batch = s.batch,
                              .h = s.oh,
                              .w = s.ow,
                              .c = s.co,
                              .ph = 2,
                              .pw = 2,
                              .oh = s.oh / 2,
                              .ow = s.ow / 2,
                              .stride_h = 2,
                              .stride_w = 2},
                             map.data(), y.data());
    EXPECT_LE(error(run.y, y), 1e-15) << text(s);
    EXPECT_TRUE(run.winner.intact());
    for (std::int64_t i = 0; i < y.size(); ++i) {
      const std::int64_t c = i % s.co, px = i / s.co % (s.ow / 2), row = i / s.co / (s.ow / 2);
      const std::int64_t n = row / (s.oh / 2), py = row % (s.oh / 2);
      for (int code = 0; code <= run.winner[i]; ++code) {
        const double value = map[((n * s.oh + 2 * py + code / 2) * s.ow + 2 * px + code % 2) * s.co + c];
        ASSERT_EQ(value == y[i], code == run.winner[i]) << text(s);
      }
    }
  }
}

TEST(PooledConv2D, EveryLevelAgreesWithFloat64) {
  for (const Conv2DShape& s : shapes())
    for (bool bias : {true, false}) {
      Work<double> truth(s, true);
      truth.forward(table<double>(), s, bias);
      for (const auto* level : levels()) {
        Work<float> run(s, true);
        run.forward(*level, s, bias);
        EXPECT_LE(error(run.y, truth.y), 2e-6) << level->level << " " << text(s);
        EXPECT_TRUE(run.winner.intact());
        for (std::int64_t i = 0; i < truth.y.size(); ++i) {
          if (truth.y[i] == 0) continue;  // no gradient will come
          ASSERT_EQ(run.winner[i], truth.winner[i]) << level->level << " " << text(s) << " at " << i;
        }
      }
    }
}

TEST(PooledConv2D, NaNAndInfinityWin) {
  const Conv2DShape s = shape(1, 6, 6, 1, 1, 1, 3);
  for (const auto* level : levels()) {
    Work<float> run(s, true);
    std::fill_n(run.x.data(), run.x.size(), 1.0f);
    std::fill_n(run.kernel.data(), run.kernel.size(), 1.0f);
    run.x[0] = NAN;
    run.x[3] = INFINITY;
    run.x[4 * 6 + 1] = NAN;
    run.forward(*level, s, false);
    for (std::int64_t c = 0; c < 3; ++c) {
      EXPECT_TRUE(std::isnan(run.y[c])) << level->level;
      EXPECT_EQ(run.y[3 + c], INFINITY) << level->level;
      EXPECT_EQ(run.winner[3 + c], 1) << level->level;
      EXPECT_EQ(run.y[6 + c], 1) << level->level;
      EXPECT_TRUE(std::isnan(run.y[6 * 3 + c])) << level->level;
    }
  }
}

TEST(SparseConv2D, EveryLevelAgreesWithTheKernelsForAnyGradient) {
  for (const Conv2DShape& s : shapes())
    for (bool pooled : {false, true})
      for (double zeros : {0.0, 0.6, 1.0}) {
        Work<double> winners(s, true);
        winners.forward(table<double>(), s);
        const Work<double> truth = plain(s, pooled ? &winners.winner : nullptr, zeros);
        const auto* winner = pooled ? winners.winner.data() : nullptr;
        Work<double> portable(s, pooled, zeros);
        portable.backward(table<double>(), s, winner);
        EXPECT_LE(error(portable.dx, truth.dx), 1e-14) << text(s);
        EXPECT_LE(error(portable.dkernel, truth.dkernel), 1e-14) << text(s);
        for (const auto* level : levels()) {
          Work<float> run(s, pooled, zeros);
          run.backward(*level, s, winner);
          EXPECT_LE(error(run.dx, truth.dx), 2e-6) << level->level << " " << text(s) << " pooled " << pooled;
          EXPECT_LE(error(run.dkernel, truth.dkernel), 2e-6) << level->level << " " << text(s) << " pooled " << pooled;
        }
      }
}

// Nothing depends on how the engine cuts.
TEST(SparseConv2D, ImagesOneByOneGiveTheSameBits) {
  for (const Conv2DShape& s : shapes())
    for (bool pooled : {false, true})
      for (const auto* level : levels()) {
        Work<float> whole(s, pooled), cut(s, pooled);
        whole.forward(*level, s);
        whole.backward(*level, s, pooled ? whole.winner.data() : nullptr);
        Conv2DShape one = s;
        one.batch = 1;
        Scratch scratch(level->sparse_conv2d_scratch(one));
        for (std::int64_t n = 0; n < s.batch; ++n) {
          const std::int64_t x = n * s.h * s.w * s.ci, y = n * cut.y.size() / s.batch;
          level->pooled_conv2d({.shape = one,
                                .x = cut.x.data() + x,
                                .kernel = cut.kernel.data(),
                                .bias = cut.bias.data(),
                                .out = cut.y.data() + y,
                                .winner = cut.winner.data() + y,
                                .scratch = scratch.data()});
          SparseConv2DArgs<float> args{.shape = one,
                                       .x = cut.x.data() + x,
                                       .kernel = cut.kernel.data(),
                                       .dy = cut.dy.data() + n * cut.dy.size() / s.batch,
                                       .winner = pooled ? cut.winner.data() + y : nullptr,
                                       .out = cut.dx.data() + x,
                                       .scratch = scratch.data()};
          level->sparse_conv2d_input_gradient(args);
          args.out = cut.dkernel.data();
          level->sparse_conv2d_kernel_gradient(args);
        }
        const auto same = [&](const auto& a, const auto& b) {
          for (std::int64_t i = 0; i < a.size(); ++i) ASSERT_EQ(a[i], b[i]) << level->level << " " << text(s);
        };
        same(whole.y, cut.y);
        same(whole.winner, cut.winner);
        same(whole.dx, cut.dx);
        same(whole.dkernel, cut.dkernel);
      }
}

}  // namespace
}  // namespace shoal::kernels::test
