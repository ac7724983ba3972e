#include "model/kernels/winograd.h"

#include <fmt/format.h>

#include "tests/model/kernels/support.h"

namespace shoal::kernels::test {
namespace {

Conv2DShape shape(std::int64_t batch, std::int64_t h, std::int64_t w, std::int64_t ci, std::int64_t co,
                  std::int64_t pad) {
  return {.batch = batch,
          .h = h,
          .w = w,
          .ci = ci,
          .kh = 3,
          .kw = 3,
          .co = co,
          .oh = h + 2 * pad - 2,
          .ow = w + 2 * pad - 2,
          .pad_top = pad,
          .pad_left = pad};
}

std::string text(const Conv2DShape& s) {
  return fmt::format("x {}x{}x{}x{} -> {}x{}x{} pad {},{}", s.batch, s.h, s.w, s.ci, s.oh, s.ow, s.co, s.pad_top,
                     s.pad_left);
}

// The kernels work for any size; takes_winograd says where they pay.
std::vector<Conv2DShape> shapes() {
  std::vector<Conv2DShape> out = {shape(2, 32, 32, 16, 16, 1),  shape(3, 16, 16, 32, 32, 1), shape(4, 8, 8, 64, 64, 1),
                                  shape(2, 6, 6, 64, 64, 0),    shape(1, 4, 5, 16, 48, 1),   shape(5, 7, 9, 48, 16, 1),
                                  shape(2, 3, 3, 32, 16, 1),    shape(1, 5, 13, 16, 80, 2),  shape(1, 1, 1, 16, 16, 1),
                                  shape(1, 14, 14, 128, 96, 1), shape(9, 12, 4, 16, 32, 0)};
  Conv2DShape uneven = shape(2, 9, 10, 16, 32, 1);
  uneven.pad_left = 0;
  uneven.ow = 9;
  out.push_back(uneven);
  return out;
}

struct Work {
  Conv2DShape s;
  Array<float> x, kernel, dy, bias, y, dx, dkernel;
  explicit Work(const Conv2DShape& shape)
      : s(shape),
        x(Array<float>::random(s.batch * s.h * s.w * s.ci, 1)),
        kernel(Array<float>::random(9 * s.ci * s.co, 2)),
        dy(Array<float>::random(s.batch * s.oh * s.ow * s.co, 3)),
        bias(Array<float>::random(s.co, 5)),
        y(dy.size(), NAN),
        dx(x.size(), NAN),
        dkernel(Array<float>::random(kernel.size(), 4)) {}

  Array<float> planes(const Table<float>& table, bool turned) const {
    Array<float> out(kWinogradPlanes * winograd_plane(s.ci * s.co));
    const std::int64_t rows = turned ? s.co : s.ci;
    for (std::int64_t begin = 0; begin < rows; begin += 16) {
      Scratch scratch(static_cast<std::size_t>(9 * 16 * s.ci) * sizeof(float));
      table.winograd_kernel({.ci = s.ci,
                             .co = s.co,
                             .turned = turned,
                             .begin = begin,
                             .end = begin + 16,
                             .kernel = kernel.data(),
                             .out = out.data(),
                             .scratch = scratch.data()});
    }
    EXPECT_TRUE(out.intact());
    return out;
  }

  // `images` at a time.
  void forward(const Table<float>& table, Activation activation, std::int64_t images) {
    const Array<float> apart = planes(table, false);
    for (std::int64_t n = 0; n < s.batch; n += images) {
      Conv2DShape part = s;
      part.batch = std::min(images, s.batch - n);
      Scratch scratch(table.winograd_scratch(part));
      table.winograd_conv2d({.shape = part,
                             .x = x.data() + n * s.h * s.w * s.ci,
                             .kernel = apart.data(),
                             .out = y.data() + n * s.oh * s.ow * s.co,
                             .bias = bias.data(),
                             .activation = activation,
                             .scratch = scratch.data()});
    }
  }
  void input_gradient(const Table<float>& table, std::int64_t images) {
    const Array<float> apart = planes(table, true);
    for (std::int64_t n = 0; n < s.batch; n += images) {
      Conv2DShape part = turned(s);
      part.batch = std::min(images, s.batch - n);
      Scratch scratch(table.winograd_scratch(part));
      table.winograd_conv2d({.shape = part,
                             .x = dy.data() + n * s.oh * s.ow * s.co,
                             .kernel = apart.data(),
                             .out = dx.data() + n * s.h * s.w * s.ci,
                             .scratch = scratch.data()});
    }
  }
  void kernel_gradient(const Table<float>& table) {
    Scratch scratch(table.winograd_scratch(s));
    table.winograd_kernel_gradient(
        {.shape = s, .x = x.data(), .dy = dy.data(), .out = dkernel.data(), .scratch = scratch.data()});
  }
};

struct Truth {
  Array<double> y, dx, dkernel;
  explicit Truth(const Work& run, Activation activation)
      : y(run.dy.size()), dx(run.x.size()), dkernel(Array<double>(run.dkernel)) {
    const Array<double> x(run.x), kernel(run.kernel), dy(run.dy), bias(run.bias);
    const auto& level = table<double>();
    Scratch scratch(level.conv2d_scratch(run.s));
    level.conv2d({.shape = run.s,
                  .x = x.data(),
                  .kernel = kernel.data(),
                  .out = y.data(),
                  .bias = bias.data(),
                  .activation = activation,
                  .scratch = scratch.data()});
    level.conv2d_input_gradient(
        {.shape = run.s, .kernel = kernel.data(), .dy = dy.data(), .out = dx.data(), .scratch = scratch.data()});
    level.conv2d_kernel_gradient(
        {.shape = run.s, .x = x.data(), .dy = dy.data(), .out = dkernel.data(), .scratch = scratch.data()});
  }
};

TEST(Winograd, EveryLevelAgreesWithFloat64) {
  std::size_t turn = 0;
  for (const Conv2DShape& s : shapes()) {
    const auto activation = static_cast<Activation>(turn++ % 4);
    // Behind sigmoid and tanh the largest output is 1, but what goes in is large.
    const double bound = activation == Activation::kLinear || activation == Activation::kRelu ? 3e-6 : 3e-5;
    const Truth truth(Work(s), activation);
    for (const auto* level : levels()) {
      if (!level->winograd_conv2d) continue;
      Work run(s);
      run.forward(*level, activation, s.batch);
      run.input_gradient(*level, s.batch);
      run.kernel_gradient(*level);
      EXPECT_LE(error(run.y, truth.y), bound) << level->level << " " << text(s);
      EXPECT_LE(error(run.dx, truth.dx), 3e-6) << level->level << " " << text(s);
      EXPECT_LE(error(run.dkernel, truth.dkernel), 3e-6) << level->level << " " << text(s);
    }
  }
}

// Outputs and input gradients do not depend on how the engine cuts the batch.
TEST(Winograd, ImagesOneByOneGiveTheSameBits) {
  for (const Conv2DShape& s : shapes()) {
    for (const auto* level : levels()) {
      if (!level->winograd_conv2d) continue;
      Work whole(s), cut(s);
      whole.forward(*level, Activation::kRelu, s.batch);
      whole.input_gradient(*level, s.batch);
      cut.forward(*level, Activation::kRelu, 1);
      cut.input_gradient(*level, 1);
      for (std::int64_t i = 0; i < whole.y.size(); ++i) ASSERT_EQ(whole.y[i], cut.y[i]) << level->level << text(s);
      for (std::int64_t i = 0; i < whole.dx.size(); ++i) ASSERT_EQ(whole.dx[i], cut.dx[i]) << level->level << text(s);
    }
  }
}

TEST(Winograd, IsTakenByShapeAlone) {
  EXPECT_TRUE(takes_winograd(shape(1, 32, 32, 16, 16, 1)));
  EXPECT_TRUE(takes_winograd(shape(7, 14, 14, 64, 48, 1)));
  EXPECT_FALSE(takes_winograd(shape(1, 32, 32, 3, 16, 1)));
  EXPECT_FALSE(takes_winograd(shape(1, 32, 32, 16, 24, 1)));
  EXPECT_FALSE(takes_winograd(shape(1, 3, 3, 16, 16, 1))) << "a tile that is half empty";
  Conv2DShape strided = shape(1, 32, 32, 16, 16, 1);
  strided.stride_h = strided.stride_w = 2;
  EXPECT_FALSE(takes_winograd(strided));
}

}  // namespace
}  // namespace shoal::kernels::test
