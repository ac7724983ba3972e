#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <new>
#include <random>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/optim/rule.h"
#include "model/kernels/winograd.h"
#include "tests/bench/peak.h"

// The speed of single kernels on the shapes of two small models, as they are called in training, against the peak
// measured in the same run. One thread.
namespace {

using namespace shoal;
using bench::seconds_now;

// 64-byte aligned floats in [-1, 1).
class Floats {
 public:
  explicit Floats(std::int64_t size)
      : size_(size),
        data_(static_cast<float*>(::operator new(static_cast<std::size_t>(size + 64) * 4, std::align_val_t(64)))) {
    std::mt19937 generator(1);
    for (std::int64_t i = 0; i < size + 64; ++i) data_[i] = static_cast<float>(generator() % 2048) / 1024.0f - 1.0f;
  }
  ~Floats() { ::operator delete(data_, std::align_val_t(64)); }
  Floats(const Floats&) = delete;
  Floats& operator=(const Floats&) = delete;
  float* data() const { return data_; }
  std::int64_t size() const { return size_; }

 private:
  std::int64_t size_;
  float* data_;
};

// Seconds of a call: the best of several samples, since the peak beside it is a best too.
double time_of(const std::function<void()>& call) {
  call();
  const double start = seconds_now();
  call();
  const int repeats = std::max(1, static_cast<int>(2e-3 / std::max(seconds_now() - start, 1e-7)));
  std::vector<double> samples;
  for (int sample = 0; sample < 15; ++sample) {
    const double begin = seconds_now();
    for (int i = 0; i < repeats; ++i) call();
    samples.push_back((seconds_now() - begin) / repeats);
  }
  return *std::min_element(samples.begin(), samples.end());
}

double peak = 0;

void report(const std::string& name, double flops, double bytes, const std::function<void()>& call) {
  const double seconds = time_of(call);
  if (flops > 0) {
    fmt::print("{:<52} {:9.1f} us {:7.1f} GFLOP/s  {:.2f} of peak\n", name, seconds * 1e6, flops / seconds * 1e-9,
               flops / seconds * 1e-9 / peak);
  } else {
    fmt::print("{:<52} {:9.1f} us {:7.1f} GB/s\n", name, seconds * 1e6, bytes / seconds * 1e-9);
  }
}

void bench_conv(const kernels::Table<float>& table, const std::string& name, kernels::Conv2DShape s) {
  for (const std::int64_t batch : {1, 4}) {
    s.batch = batch;
    Floats x(batch * s.h * s.w * s.ci), kernel(s.kh * s.kw * s.ci * s.co), y(batch * s.oh * s.ow * s.co), bias(s.co);
    Floats scratch(static_cast<std::int64_t>(table.conv2d_scratch(s) / 4));
    const double flops = 2.0 * static_cast<double>(batch * s.oh * s.ow * s.kh * s.kw * s.ci * s.co);
    const std::string title = fmt::format("{} {}x{}x{} -> {}x{}x{}, {} image{}", name, s.h, s.w, s.ci, s.oh, s.ow, s.co,
                                          batch, batch > 1 ? "s" : "");
    report(title + " forward", flops, 0, [&] {
      table.conv2d({.shape = s,
                    .x = x.data(),
                    .kernel = kernel.data(),
                    .out = y.data(),
                    .bias = bias.data(),
                    .activation = kernels::Activation::kRelu,
                    .scratch = scratch.data()});
    });
    Floats dx(x.size()), dkernel(kernel.size());
    if (s.ci > 4) {
      report(title + " input grad", flops, 0, [&] {
        table.conv2d_input_gradient(
            {.shape = s, .kernel = kernel.data(), .dy = y.data(), .out = dx.data(), .scratch = scratch.data()});
      });
    }
    report(title + " kernel grad", flops, 0, [&] {
      table.conv2d_kernel_gradient(
          {.shape = s, .x = x.data(), .dy = y.data(), .out = dkernel.data(), .scratch = scratch.data()});
    });
  }
}

// Operations are counted as those of the direct form.
void bench_winograd(const kernels::Table<float>& table, const kernels::Conv2DShape& s) {
  if (!table.winograd_conv2d) return;
  Floats x(s.batch * s.h * s.w * s.ci), kernel(9 * s.ci * s.co), y(s.batch * s.oh * s.ow * s.co),
      dkernel(kernel.size());
  Floats planes(kernels::kWinogradPlanes * kernels::winograd_plane(s.ci * s.co));
  Floats scratch(static_cast<std::int64_t>(table.winograd_scratch(s) / 4 + 9 * kernel.size()));
  const double flops = 18.0 * static_cast<double>(y.size() * s.ci);
  const std::string title = fmt::format("winograd {}x{}x{} -> {}, {} images", s.h, s.w, s.ci, s.co, s.batch);
  report(title + " kernel apart", 0, 4.0 * static_cast<double>(kernel.size() + planes.size()), [&] {
    table.winograd_kernel({.ci = s.ci,
                           .co = s.co,
                           .end = s.ci,
                           .kernel = kernel.data(),
                           .out = planes.data(),
                           .scratch = scratch.data()});
  });
  report(title + " forward", flops, 0, [&] {
    table.winograd_conv2d(
        {.shape = s, .x = x.data(), .kernel = planes.data(), .out = y.data(), .scratch = scratch.data()});
  });
  report(title + " kernel grad", flops, 0, [&] {
    table.winograd_kernel_gradient(
        {.shape = s, .x = x.data(), .dy = y.data(), .out = dkernel.data(), .scratch = scratch.data()});
  });
}

// What surrounds a batch normalization, on four images in a near cache.
void bench_normalization(const kernels::Table<float>& table, std::int64_t rows, std::int64_t cols) {
  Floats x(rows * cols), y(x.size()), z(x.size()), a(2 * cols), b(2 * cols), out(x.size());
  const double bytes = 4.0 * static_cast<double>(x.size());
  const std::string title = fmt::format("{}x{}", rows, cols);
  report("normalize + add + relu " + title, 0, 4 * bytes, [&] {
    table.scale_shift({.rows = rows,
                       .cols = cols,
                       .x = x.data(),
                       .a = a.data(),
                       .addend = y.data(),
                       .relu = true,
                       .out = out.data()});
  });
  report("its gradient behind a relu " + title, 0, 3 * bytes, [&] {
    table.scale_shift({.rows = rows,
                       .cols = cols,
                       .x = x.data(),
                       .a = a.data(),
                       .y = y.data(),
                       .b = b.data(),
                       .passed = {.pair = a.data()},
                       .out = out.data()});
  });
  report("sums of the gradient behind a relu " + title, 0, 2 * bytes, [&] {
    table.column_dots(
        {.rows = rows, .cols = cols, .x = x.data(), .y = y.data(), .passed = {.pair = a.data()}, .sums = b.data()});
  });
  report("moments " + title, 0, bytes, [&] { table.column_moments(rows, cols, x.data(), a.data(), b.data()); });
}

void bench_matmul(const kernels::Table<float>& table, const std::string& name, kernels::MatmulArgs<float> args) {
  const std::int64_t a = args.m * args.k, b = args.k * args.n, c = args.m * args.n;
  Floats as(a), bs(b), cs(c), bias(args.n);
  args.a = as.data();
  args.lda = args.transpose_a ? args.m : args.k;
  args.b = bs.data();
  args.ldb = args.transpose_b ? args.k : args.n;
  args.c = cs.data();
  args.ldc = args.n;
  if (!args.accumulate) args.bias = bias.data();
  Floats scratch(static_cast<std::int64_t>(table.matmul_scratch(args) / 4));
  args.scratch = scratch.data();
  report(fmt::format("{} {}x{}x{} {}{}", name, args.m, args.n, args.k, args.transpose_a ? "A^T" : "A",
                     args.transpose_b ? " B^T" : " B"),
         2.0 * static_cast<double>(args.m * args.n * args.k), 0, [&] { table.matmul(args); });
}

// The three products of a dense layer for one block of rows.
void bench_dense(const kernels::Table<float>& table, std::int64_t rows, std::int64_t in, std::int64_t out) {
  bench_matmul(table, "dense forward", {.m = rows, .n = out, .k = in});
  bench_matmul(table, "dense weight grad", {.m = in, .n = out, .k = rows, .transpose_a = true, .accumulate = true});
  bench_matmul(table, "dense input grad", {.m = rows, .n = in, .k = out, .transpose_b = true});
}

void bench_pool(const kernels::Table<float>& table, kernels::Pool2DShape s) {
  Floats x(s.batch * s.h * s.w * s.c), y(s.batch * s.oh * s.ow * s.c), dy(y.size()), dx(x.size());
  const std::string title = fmt::format("max pool {}x{}x{}, {} images", s.h, s.w, s.c, s.batch);
  report(title, 0, 4.0 * static_cast<double>(x.size() + y.size()), [&] { table.max_pool(s, x.data(), y.data()); });
  report(title + " gradient", 0, 8.0 * static_cast<double>(x.size() + y.size()),
         [&] { table.max_pool_gradient(s, x.data(), y.data(), dy.data(), dx.data()); });
}

void bench_rows(const kernels::Table<float>& table) {
  Floats x(32 * 512), y(x.size()), z(x.size()), bias(512);
  report("bias + relu 32x512", 0, 8.0 * 32 * 512,
         [&] { table.bias_activation(32, 512, x.data(), bias.data(), kernels::Activation::kRelu, y.data()); });
  report("bias + tanh 32x512", 0, 8.0 * 32 * 512,
         [&] { table.bias_activation(32, 512, x.data(), bias.data(), kernels::Activation::kTanh, y.data()); });
  report("relu gradient 32x512", 0, 12.0 * 32 * 512,
         [&] { table.relu_gradient(32 * 512, x.data(), y.data(), z.data()); });
  report("column sum 32x512", 0, 4.0 * 32 * 512, [&] { table.column_sum(32, 512, x.data(), bias.data()); });
  report("softmax 32x512", 0, 8.0 * 32 * 512, [&] { table.softmax(32, 512, x.data(), y.data()); });
  report("softmax 32x10", 0, 8.0 * 32 * 10, [&] { table.softmax(32, 10, x.data(), y.data()); });
}

void bench_rules() {
  optim::Step step{.iteration = 3, .learning_rate = 1e-3};
  for (const std::int64_t n : {8192, 669'706, 8'000'000}) {
    Floats w(n), g(n), m(n), v(n);
    for (std::int64_t i = 0; i < n; ++i) v.data()[i] = 0.5f;
    float* slots[] = {m.data(), v.data()};
    const auto count = static_cast<std::size_t>(n);
    const auto adam = optim::make_rule({{"class_name", "Adam"}});
    report(fmt::format("Adam, {} weights", n), 0, 28.0 * static_cast<double>(n),
           [&] { adam->apply(step, count, w.data(), g.data(), slots); });
    const auto sgd = optim::make_rule({{"class_name", "SGD"}});
    report(fmt::format("SGD, {} weights", n), 0, 12.0 * static_cast<double>(n),
           [&] { sgd->apply(step, count, w.data(), g.data(), nullptr); });
    report(fmt::format("add, {} weights", n), 0, 12.0 * static_cast<double>(n),
           [&] { optim::add(count, g.data(), w.data()); });
  }
}

void run() {
  kernels::flush_denormals();
  const auto& table = kernels::table<float>();
  peak = bench::peak_gflops(1, table.level);
  fmt::print("kernels {}\npeak of one thread {:.1f} GFLOP/s\n", kernels::level_reason(), peak);
  bench_conv(table, "conv1", {.h = 32, .w = 32, .ci = 3, .kh = 3, .kw = 3, .co = 32, .oh = 30, .ow = 30});
  bench_conv(table, "conv2", {.h = 15, .w = 15, .ci = 32, .kh = 3, .kw = 3, .co = 64, .oh = 13, .ow = 13});
  bench_conv(table, "conv3", {.h = 6, .w = 6, .ci = 64, .kh = 3, .kw = 3, .co = 64, .oh = 4, .ow = 4});
  for (std::int64_t side = 32, channels = 16; side >= 8; side /= 2, channels *= 2) {
    kernels::Conv2DShape same{.batch = 4,
                              .h = side,
                              .w = side,
                              .ci = channels,
                              .kh = 3,
                              .kw = 3,
                              .co = channels,
                              .oh = side,
                              .ow = side,
                              .pad_top = 1,
                              .pad_left = 1};
    bench_conv(table, "same", same);
    bench_winograd(table, same);
    bench_normalization(table, 4 * side * side, channels);
    if (side == 8) break;
    kernels::Conv2DShape strided = same;
    strided.co = 2 * channels;
    strided.oh = strided.ow = side / 2;
    strided.stride_h = strided.stride_w = 2;
    strided.pad_top = strided.pad_left = 0;
    bench_conv(table, "strided", strided);
    strided.kh = strided.kw = 1;
    bench_conv(table, "strided 1x1", strided);
  }
  for (const std::int64_t rows : {8, 16, 32}) {
    bench_dense(table, rows, 1024, 64);
    bench_dense(table, rows, 784, 512);
    bench_dense(table, rows, 512, 512);
    bench_dense(table, rows, 512, 10);
  }
  bench_pool(
      table,
      {.batch = 1, .h = 30, .w = 30, .c = 32, .ph = 2, .pw = 2, .oh = 15, .ow = 15, .stride_h = 2, .stride_w = 2});
  bench_pool(table,
             {.batch = 4, .h = 13, .w = 13, .c = 64, .ph = 2, .pw = 2, .oh = 6, .ow = 6, .stride_h = 2, .stride_w = 2});
  bench_rows(table);
  bench_rules();
  fmt::print("peak of one thread again {:.1f} GFLOP/s\n", bench::peak_gflops(1, table.level));
}

}  // namespace

int main() {
  try {
    run();
  } catch (const shoal::Error& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
