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
    return fmt::format("x {}x{}x{}x{} kernel {}x{} -> {}x{}x{} stride {}x{} pad {},{} dilation {}x{}", s.batch, s.h,
                       s.w, s.ci, s.kh, s.kw, s.oh, s.ow, s.co, s.stride_h, s.stride_w, s.pad_top, s.pad_left,
                       s.dilation_h, s.dilation_w);
  }
};

struct Axis {
  std::int64_t cells, kernel, stride = 1, dilation = 1;
  bool same = true;
  std::int64_t extent() const { return (kernel - 1) * dilation + 1; }
  std::int64_t outputs() const { return same ? (cells + stride - 1) / stride : (cells - extent()) / stride + 1; }
  std::int64_t before() const {
    return same ? std::max<std::int64_t>((outputs() - 1) * stride + extent() - cells, 0) / 2 : 0;
  }
};

Conv2DShape shape(std::int64_t batch, std::int64_t channels, std::int64_t multiplier, const Axis& h, const Axis& w) {
  return {.batch = batch,
          .h = h.cells,
          .w = w.cells,
          .ci = channels,
          .kh = h.kernel,
          .kw = w.kernel,
          .co = channels * multiplier,
          .oh = h.outputs(),
          .ow = w.outputs(),
          .stride_h = h.stride,
          .stride_w = w.stride,
          .pad_top = h.before(),
          .pad_left = w.before(),
          .dilation_h = h.dilation,
          .dilation_w = w.dilation,
          .groups = channels};
}

std::vector<Case> cases() {
  std::vector<Conv2DShape> shapes = {
      shape(2, 16, 1, {8, 3}, {8, 3}),
      shape(3, 19, 1, {7, 3}, {11, 3}),
      shape(1, 33, 1, {9, 3, 2}, {10, 3, 2}),
      shape(2, 5, 1, {6, 5}, {4, 7}),
      shape(2, 8, 1, {6, 3, 1, 2}, {13, 3, 1, 3}),
      shape(1, 40, 1, {1, 1}, {30, 4, 3}),
      shape(2, 1, 1, {5, 3}, {5, 2}),
      shape(1, 7, 1, {1, 1}, {3, 7, 1, 2}),
      shape(2, 32, 1, {9, 3, 1, 1, false}, {12, 3, 1, 1, false}),
      shape(2, 17, 1, {9, 2, 3, 1, false}, {8, 2, 4, 1, false}),
      shape(1, 24, 1, {9, 3, 2, 2, false}, {10, 2, 3, 3, false}),
      shape(2, 6, 2, {7, 3}, {5, 3, 2}),
      shape(1, 3, 5, {6, 2, 1, 2}, {6, 3}),
  };
  Conv2DShape wide = shapes.front();  // padding beyond the kernel, and cells never read
  wide.pad_top = 5;
  wide.pad_left = 1;
  wide.oh = 7;
  wide.ow = 5;
  shapes.push_back(wide);
  std::vector<Case> out;
  for (const auto& s : shapes) {
    const std::size_t turn = out.size();
    out.push_back({s, turn % 2 == 0, static_cast<Activation>(turn % 4)});
  }
  return out;
}

template <class T>
struct Work {
  Array<T> x, kernel, dy, y, dx, dkernel, bias;
  explicit Work(const Conv2DShape& s)
      : x(Array<T>::random(s.batch * s.h * s.w * s.ci, 1)),
        kernel(Array<T>::random(s.kh * s.kw * s.co, 2)),
        dy(Array<T>::random(s.batch * s.oh * s.ow * s.co, 3)),
        y(dy.size(), T(NAN)),
        dx(x.size(), T(NAN)),
        dkernel(Array<T>::random(kernel.size(), 4)),
        bias(Array<T>::random(s.co, 5)) {}

  // The images [first, first + count).
  void operator()(const Table<T>& table, const Case& t, std::int64_t first, std::int64_t count) {
    Conv2DShape s = t.shape;
    s.batch = count;
    const std::int64_t in = first * s.h * s.w * s.ci, out = first * s.oh * s.ow * s.co;
    table.depthwise({.shape = s,
                     .x = x.data() + in,
                     .kernel = kernel.data(),
                     .out = y.data() + out,
                     .bias = t.bias ? bias.data() : nullptr,
                     .activation = t.activation});
    table.depthwise_input_gradient({.shape = s, .kernel = kernel.data(), .dy = dy.data() + out, .out = dx.data() + in});
    table.depthwise_kernel_gradient({.shape = s, .x = x.data() + in, .dy = dy.data() + out, .out = dkernel.data()});
  }
  void operator()(const Table<T>& table, const Case& t) { (*this)(table, t, 0, t.shape.batch); }
};

// The same as a convolution of ordinary kind that has as many groups as channels; its test has the plain loops.
Work<double> as_groups(const Case& t) {
  Work<double> run(t.shape);
  const Table<double>& table = kernels::table<double>();
  Scratch scratch(table.conv2d_scratch(t.shape));
  table.conv2d({.shape = t.shape,
                .x = run.x.data(),
                .kernel = run.kernel.data(),
                .out = run.y.data(),
                .bias = t.bias ? run.bias.data() : nullptr,
                .activation = t.activation,
                .scratch = scratch.data()});
  table.conv2d_input_gradient({.shape = t.shape,
                               .kernel = run.kernel.data(),
                               .dy = run.dy.data(),
                               .out = run.dx.data(),
                               .scratch = scratch.data()});
  table.conv2d_kernel_gradient(
      {.shape = t.shape, .x = run.x.data(), .dy = run.dy.data(), .out = run.dkernel.data(), .scratch = scratch.data()});
  return run;
}

TEST(Depthwise, Float64EqualsAConvolutionInGroups) {
  for (const Case& t : cases()) {
    const Work<double> truth = as_groups(t);
    Work<double> run(t.shape);
    run(table<double>(), t);
    EXPECT_LE(error(run.y, truth.y), 1e-13) << t.text();
    EXPECT_LE(error(run.dx, truth.dx), 1e-13) << t.text();
    EXPECT_LE(error(run.dkernel, truth.dkernel), 1e-13) << t.text();
  }
}

TEST(Depthwise, EveryLevelAgreesWithFloat64) {
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

TEST(Depthwise, ImagesOneByOneGiveTheSameBits) {
  for (const Case& t : cases()) {
    for (const auto* level : levels()) {
      Work<float> whole(t.shape), cut(t.shape);
      whole(*level, t);
      for (std::int64_t n = 0; n < t.shape.batch; ++n) cut(*level, t, n, 1);
      for (const auto& [a, b] : {std::pair{&whole.y, &cut.y}, {&whole.dx, &cut.dx}, {&whole.dkernel, &cut.dkernel}})
        for (std::int64_t i = 0; i < a->size(); ++i) ASSERT_EQ((*a)[i], (*b)[i]) << level->level << " " << t.text();
    }
  }
}

}  // namespace
}  // namespace shoal::kernels::test
