#include <fmt/format.h>

#include "tests/model/kernels/support.h"

namespace shoal::kernels::test {
namespace {

struct Case {
  Conv2DShape shape;
  bool bias = false;
  Activation activation = Activation::kLinear;

  std::string text() const {
    const auto& s = shape;
    return fmt::format("x {}x{}x{}x{} kernel {}x{} -> {}x{}x{} stride {}x{} pad {},{} dilation {}x{} groups {}",
                       s.batch, s.h, s.w, s.ci, s.kh, s.kw, s.oh, s.ow, s.co, s.stride_h, s.stride_w, s.pad_top,
                       s.pad_left, s.dilation_h, s.dilation_w, s.groups);
  }
};

Conv2DShape valid(std::int64_t batch, std::int64_t h, std::int64_t w, std::int64_t ci, std::int64_t kh, std::int64_t kw,
                  std::int64_t co, std::int64_t stride_h = 1, std::int64_t stride_w = 1) {
  return {.batch = batch,
          .h = h,
          .w = w,
          .ci = ci,
          .kh = kh,
          .kw = kw,
          .co = co,
          .oh = (h - kh) / stride_h + 1,
          .ow = (w - kw) / stride_w + 1,
          .stride_h = stride_h,
          .stride_w = stride_w};
}

// As Keras pads: outputs = ceil(inputs / stride), the odd cell of padding goes to the end.
Conv2DShape same(std::int64_t batch, std::int64_t h, std::int64_t w, std::int64_t ci, std::int64_t kh, std::int64_t kw,
                 std::int64_t co, std::int64_t stride_h = 1, std::int64_t stride_w = 1) {
  Conv2DShape s{.batch = batch,
                .h = h,
                .w = w,
                .ci = ci,
                .kh = kh,
                .kw = kw,
                .co = co,
                .oh = (h + stride_h - 1) / stride_h,
                .ow = (w + stride_w - 1) / stride_w,
                .stride_h = stride_h,
                .stride_w = stride_w};
  s.pad_top = std::max<std::int64_t>(0, (s.oh - 1) * stride_h + kh - h) / 2;
  s.pad_left = std::max<std::int64_t>(0, (s.ow - 1) * stride_w + kw - w) / 2;
  return s;
}

// Padded so that the output is as large as the input.
Conv2DShape general(std::int64_t batch, std::int64_t h, std::int64_t w, std::int64_t ci, std::int64_t kh,
                    std::int64_t kw, std::int64_t co, std::int64_t dilation_h, std::int64_t dilation_w,
                    std::int64_t groups) {
  return {.batch = batch,
          .h = h,
          .w = w,
          .ci = ci,
          .kh = kh,
          .kw = kw,
          .co = co,
          .oh = h,
          .ow = w,
          .pad_top = (kh - 1) * dilation_h / 2,
          .pad_left = (kw - 1) * dilation_w / 2,
          .dilation_h = dilation_h,
          .dilation_w = dilation_w,
          .groups = groups};
}

std::vector<Case> cases() {
  std::vector<Conv2DShape> shapes = {
      valid(2, 9, 32, 3, 3, 3, 32),       valid(2, 6, 15, 32, 3, 3, 64),     valid(3, 5, 6, 64, 3, 3, 40),
      same(2, 8, 8, 16, 3, 3, 16),        same(1, 9, 7, 5, 3, 3, 33),        same(2, 8, 8, 16, 3, 3, 32, 2, 2),
      same(2, 7, 10, 3, 5, 3, 17, 2, 3),  valid(1, 11, 9, 4, 2, 4, 9, 3, 2), valid(2, 5, 5, 1, 1, 1, 1),
      same(2, 9, 9, 7, 1, 1, 40, 2, 2),   valid(1, 28, 28, 1, 3, 3, 32),     same(1, 3, 3, 2, 7, 5, 3),
      valid(2, 4, 5, 6, 4, 5, 70),        same(3, 1, 1, 3, 3, 3, 8),         same(1, 6, 5, 33, 4, 2, 18, 1, 2),
      valid(1, 10, 10, 2, 2, 2, 5, 4, 4), same(1, 4, 30, 8, 3, 9, 31),       valid(1, 1, 17, 3, 1, 4, 20, 1, 3),
      valid(2, 12, 8, 3, 3, 3, 16, 2, 1)};
  // Padding as no Keras layer asks for, but the kernels promise: more than the kernel, and cells never read.
  Conv2DShape wide = valid(1, 5, 6, 3, 3, 2, 19);
  wide.pad_top = 4;
  wide.pad_left = 3;
  wide.oh = 11;
  wide.ow = 12;
  shapes.push_back(wide);
  Conv2DShape cropped = valid(2, 9, 9, 4, 3, 3, 10);
  cropped.pad_top = 1;
  cropped.oh = 4;
  cropped.ow = 3;
  shapes.push_back(cropped);
  // Dilation, groups, both; also with strides, which no Keras layer asks for.
  shapes.push_back(general(2, 9, 11, 6, 3, 3, 10, 2, 2, 1));
  shapes.push_back(general(1, 1, 40, 33, 1, 3, 20, 1, 4, 1));
  shapes.push_back(general(2, 7, 6, 12, 3, 2, 9, 1, 1, 3));
  shapes.push_back(general(1, 8, 9, 64, 3, 3, 64, 1, 1, 2));
  shapes.push_back(general(2, 5, 40, 6, 3, 3, 6, 3, 2, 6));
  Conv2DShape strided = general(2, 12, 10, 8, 3, 3, 12, 2, 3, 4);
  strided.stride_h = 2;
  strided.stride_w = 3;
  strided.oh = 6;
  strided.ow = 4;
  shapes.push_back(strided);

  std::vector<Case> out;
  for (const auto& shape : shapes) {
    const std::size_t turn = out.size();
    out.push_back({shape, turn % 2 == 0, static_cast<Activation>(turn % 4)});
  }
  return out;
}

template <class T>
struct Work {
  Array<T> x, kernel, dy, y, dx, dkernel, bias;
  explicit Work(const Conv2DShape& s)
      : x(Array<T>::random(s.batch * s.h * s.w * s.ci, 1)),
        kernel(Array<T>::random(s.kh * s.kw * s.ci / s.groups * s.co, 2)),
        dy(Array<T>::random(s.batch * s.oh * s.ow * s.co, 3)),
        y(dy.size(), T(NAN)),
        dx(x.size(), T(NAN)),
        dkernel(Array<T>::random(kernel.size(), 4)),
        bias(Array<T>::random(s.co, 5)) {}

  void operator()(const Table<T>& table, const Case& t) {
    Scratch scratch(table.conv2d_scratch(t.shape));
    table.conv2d({.shape = t.shape,
                  .x = x.data(),
                  .kernel = kernel.data(),
                  .out = y.data(),
                  .bias = t.bias ? bias.data() : nullptr,
                  .activation = t.activation,
                  .scratch = scratch.data()});
    table.conv2d_input_gradient(
        {.shape = t.shape, .kernel = kernel.data(), .dy = dy.data(), .out = dx.data(), .scratch = scratch.data()});
    table.conv2d_kernel_gradient(
        {.shape = t.shape, .x = x.data(), .dy = dy.data(), .out = dkernel.data(), .scratch = scratch.data()});
  }
};

double activate(Activation activation, double x) {
  return activation == Activation::kRelu      ? std::max(x, 0.0)
         : activation == Activation::kSigmoid ? 1 / (1 + std::exp(-x))
         : activation == Activation::kTanh    ? std::tanh(x)
                                              : x;
}

// The definition, cell by cell.
Work<double> naive(const Case& t) {
  const Conv2DShape& s = t.shape;
  Work<double> run(s);
  std::fill_n(run.y.data(), run.y.size(), 0.0);
  std::fill_n(run.dx.data(), run.dx.size(), 0.0);
  for (std::int64_t n = 0; n < s.batch; ++n) {
    for (std::int64_t oy = 0; oy < s.oh; ++oy) {
      for (std::int64_t ox = 0; ox < s.ow; ++ox) {
        for (std::int64_t ky = 0; ky < s.kh; ++ky) {
          for (std::int64_t kx = 0; kx < s.kw; ++kx) {
            const std::int64_t iy = oy * s.stride_h + ky * s.dilation_h - s.pad_top;
            const std::int64_t ix = ox * s.stride_w + kx * s.dilation_w - s.pad_left;
            if (iy < 0 || iy >= s.h || ix < 0 || ix >= s.w) continue;
            const std::int64_t in = s.ci / s.groups, out = s.co / s.groups;
            for (std::int64_t o = 0; o < s.co; ++o) {
              for (std::int64_t i = o / out * in; i < (o / out + 1) * in; ++i) {
                const std::int64_t output = ((n * s.oh + oy) * s.ow + ox) * s.co + o;
                const std::int64_t input = ((n * s.h + iy) * s.w + ix) * s.ci + i;
                const std::int64_t weight = ((ky * s.kw + kx) * in + i % in) * s.co + o;
                run.y[output] += run.x[input] * run.kernel[weight];
                run.dx[input] += run.dy[output] * run.kernel[weight];
                run.dkernel[weight] += run.dy[output] * run.x[input];
              }
            }
          }
        }
      }
    }
  }
  for (std::int64_t i = 0; i < run.y.size(); ++i) {
    run.y[i] = activate(t.activation, t.bias ? run.y[i] + run.bias[i % s.co] : run.y[i]);
  }
  return run;
}

TEST(Conv2D, Float64EqualsNaiveLoops) {
  for (const Case& t : cases()) {
    const Work<double> truth = naive(t);
    Work<double> run(t.shape);
    run(table<double>(), t);
    EXPECT_LE(error(run.y, truth.y), 1e-13) << t.text();
    EXPECT_LE(error(run.dx, truth.dx), 1e-13) << t.text();
    EXPECT_LE(error(run.dkernel, truth.dkernel), 1e-13) << t.text();
  }
}

TEST(Conv2D, EveryLevelAgreesWithFloat64) {
  for (const Case& t : cases()) {
    Work<double> truth(t.shape);
    truth(table<double>(), t);
    for (const auto* level : levels()) {
      Work<float> run(t.shape);
      run(*level, t);
      EXPECT_LE(error(run.y, truth.y), 2e-6) << level->level << " " << t.text();
      EXPECT_LE(error(run.dx, truth.dx), 2e-6) << level->level << " " << t.text();
      EXPECT_LE(error(run.dkernel, truth.dkernel), 2e-6) << level->level << " " << t.text();
    }
  }
}

// Blocks of images give the bits of the whole batch: nothing depends on how the engine cuts.
TEST(Conv2D, ImagesOneByOneGiveTheSameBits) {
  for (const Case& t : cases()) {
    const Conv2DShape& s = t.shape;
    if (s.batch == 1) continue;
    for (const auto* level : levels()) {
      Work<float> whole(s), cut(s);
      whole(*level, t);
      Case one = t;
      one.shape.batch = 1;
      Scratch scratch(level->conv2d_scratch(one.shape));
      for (std::int64_t n = 0; n < s.batch; ++n) {
        const float *x = cut.x.data() + n * s.h * s.w * s.ci, *dy = cut.dy.data() + n * s.oh * s.ow * s.co;
        level->conv2d({.shape = one.shape,
                       .x = x,
                       .kernel = cut.kernel.data(),
                       .out = cut.y.data() + n * s.oh * s.ow * s.co,
                       .bias = t.bias ? cut.bias.data() : nullptr,
                       .activation = t.activation,
                       .scratch = scratch.data()});
        level->conv2d_input_gradient({.shape = one.shape,
                                      .kernel = cut.kernel.data(),
                                      .dy = dy,
                                      .out = cut.dx.data() + n * s.h * s.w * s.ci,
                                      .scratch = scratch.data()});
        level->conv2d_kernel_gradient(
            {.shape = one.shape, .x = x, .dy = dy, .out = cut.dkernel.data(), .scratch = scratch.data()});
      }
      for (std::int64_t i = 0; i < whole.y.size(); ++i) {
        ASSERT_EQ(whole.y[i], cut.y[i]) << level->level << " " << t.text();
      }
      for (std::int64_t i = 0; i < whole.dx.size(); ++i)
        ASSERT_EQ(whole.dx[i], cut.dx[i]) << level->level << " " << t.text();
      for (std::int64_t i = 0; i < whole.dkernel.size(); ++i) {
        ASSERT_EQ(whole.dkernel[i], cut.dkernel[i]) << level->level << " " << t.text();
      }
    }
  }
}

}  // namespace
}  // namespace shoal::kernels::test
