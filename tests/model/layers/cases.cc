#include "tests/model/layers/cases.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/layers/layers.h"

namespace shoal::testing {
namespace {

using Function = std::function<double(double)>;

double identity(double x) { return x; }
double relu(double x) { return x > 0 ? x : 0; }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double softplus(double x) { return std::log1p(std::exp(x)); }
double silu(double x) { return x * sigmoid(x); }

auto elementwise(Function f) {
  return [f](const Values& x, const std::vector<Values>&) {
    Values y(x.size());
    std::transform(x.begin(), x.end(), y.begin(), f);
    return y;
  };
}

// x (rows, n) times kernel (n, units) plus bias.
auto dense(std::size_t n, std::size_t units, bool bias, Function f) {
  return [=](const Values& x, const std::vector<Values>& w) {
    Values y;
    for (std::size_t row = 0; row < x.size() / n; ++row)
      for (std::size_t u = 0; u < units; ++u) {
        double sum = bias ? w[1][u] : 0;
        for (std::size_t i = 0; i < n; ++i) sum += x[row * n + i] * w[0][i * units + u];
        y.push_back(f(sum));
      }
    return y;
  };
}

auto softmax_rows(std::size_t n, bool logarithm) {
  return [=](const Values& x, const std::vector<Values>&) {
    Values y;
    for (std::size_t row = 0; row < x.size() / n; ++row) {
      double sum = 0;
      for (std::size_t i = 0; i < n; ++i) sum += std::exp(x[row * n + i]);
      for (std::size_t i = 0; i < n; ++i) {
        const double p = std::exp(x[row * n + i]) / sum;
        y.push_back(logarithm ? std::log(p) : p);
      }
    }
    return y;
  };
}

struct Window {
  int rows, h, w, channels, kh, kw, sh, sw;
  bool same;
  int out(int n, int k, int s) const { return same ? (n - 1) / s + 1 : (n - k) / s + 1; }
  int before(int n, int k, int s) const { return same ? std::max((out(n, k, s) - 1) * s + k - n, 0) / 2 : 0; }

  // Calls visit(row, oy, ox) for each output place and inner(iy, ix, ky, kx) for the cells of its window.
  template <class Visit, class Inner>
  void each(Visit visit, Inner inner) const {
    for (int r = 0; r < rows; ++r)
      for (int oy = 0; oy < out(h, kh, sh); ++oy)
        for (int ox = 0; ox < out(w, kw, sw); ++ox) {
          visit(r, oy, ox);
          for (int ky = 0; ky < kh; ++ky)
            for (int kx = 0; kx < kw; ++kx) {
              const int iy = oy * sh + ky - before(h, kh, sh), ix = ox * sw + kx - before(w, kw, sw);
              if (iy >= 0 && iy < h && ix >= 0 && ix < w) inner(r, iy, ix, ky, kx);
            }
        }
  }
  std::size_t at(int r, int y, int x, int c) const {
    return static_cast<std::size_t>(((r * h + y) * w + x) * channels + c);
  }
};

auto convolution(Window window, int filters, bool bias, Function f) {
  return [=](const Values& x, const std::vector<Values>& w) {
    Values y;
    window.each(
        [&](int, int, int) {
          for (int o = 0; o < filters; ++o) y.push_back(bias ? w[1][static_cast<std::size_t>(o)] : 0);
        },
        [&](int r, int iy, int ix, int ky, int kx) {
          for (int c = 0; c < window.channels; ++c)
            for (int o = 0; o < filters; ++o)
              y[y.size() - static_cast<std::size_t>(filters - o)] +=
                  x[window.at(r, iy, ix, c)] *
                  w[0][static_cast<std::size_t>(((ky * window.kw + kx) * window.channels + c) * filters + o)];
        });
    std::transform(y.begin(), y.end(), y.begin(), f);
    return y;
  };
}

auto largest(Window window) {
  return [=](const Values& x, const std::vector<Values>&) {
    Values y;
    window.each(
        [&](int, int, int) {
          y.insert(y.end(), static_cast<std::size_t>(window.channels), -std::numeric_limits<double>::infinity());
        },
        [&](int r, int iy, int ix, int, int) {
          for (int c = 0; c < window.channels; ++c) {
            double& best = y[y.size() - static_cast<std::size_t>(window.channels - c)];
            best = std::max(best, x[window.at(r, iy, ix, c)]);
          }
        });
    return y;
  };
}

LayerCase activation(const std::string& name,
                     std::function<Values(const Values&, const std::vector<Values>&)> expected) {
  return {"Activation", name, [name] { return layers::Activation(name); }, {3, 5}, {3, 5}, std::move(expected)};
}

std::vector<LayerCase> make() {
  return {
      {"InputLayer",
       "an image",
       [] {
         return layers::Input({4, 3, 2});
       },
       {2, 4, 3, 2},
       {2, 4, 3, 2},
       elementwise(identity)},
      {"Dense",
       "relu",
       [] { return layers::Dense(4, {.activation = "relu"}); },
       {3, 5},
       {3, 4},
       dense(5, 4, true, relu)},
      {"Dense",
       "no bias, of rank 3",
       [] { return layers::Dense(3, {.use_bias = false}); },
       {2, 4, 5},
       {2, 4, 3},
       dense(5, 3, false, identity)},
      {"Dense",
       "other initializers, sigmoid",
       [] {
         return layers::Dense(7, {.activation = "sigmoid",
                                  .kernel_initializer = "he_normal",
                                  .bias_initializer = initializers::Constant(0.25)});
       },
       {1, 2},
       {1, 7},
       dense(2, 7, true, sigmoid)},
      {"Conv2D",
       "valid, relu",
       [] {
         return layers::Conv2D(4, {3, 2}, {.activation = "relu"});
       },
       {2, 6, 5, 3},
       {2, 4, 4, 4},
       convolution({2, 6, 5, 3, 3, 2, 1, 1, false}, 4, true, relu)},
      {"Conv2D",
       "same, strides 2",
       [] {
         return layers::Conv2D(3, {3, 3}, {.strides = {2, 2}, .padding = "same"});
       },
       {2, 6, 5, 2},
       {2, 3, 3, 3},
       convolution({2, 6, 5, 2, 3, 3, 2, 2, true}, 3, true, identity)},
      {"Conv2D",
       "uneven strides, no bias",
       [] {
         return layers::Conv2D(2, {2, 2}, {.strides = {1, 2}, .activation = "tanh", .use_bias = false});
       },
       {1, 5, 7, 1},
       {1, 4, 3, 2},
       convolution({1, 5, 7, 1, 2, 2, 1, 2, false}, 2, false, [](double x) { return std::tanh(x); })},
      {"MaxPooling2D",
       "2 x 2",
       [] {
         return layers::MaxPooling2D({2, 2});
       },
       {2, 5, 4, 3},
       {2, 2, 2, 3},
       largest({2, 5, 4, 3, 2, 2, 2, 2, false})},
      {"MaxPooling2D",
       "overlapping, same",
       [] {
         return layers::MaxPooling2D({3, 3}, {.strides = std::array<std::int64_t, 2>{2, 2}, .padding = "same"});
       },
       {1, 6, 5, 2},
       {1, 3, 3, 2},
       largest({1, 6, 5, 2, 3, 3, 2, 2, true})},
      {"Flatten", "an image", [] { return layers::Flatten(); }, {2, 3, 2, 2}, {2, 12}, elementwise(identity)},
      {"Flatten", "a vector", [] { return layers::Flatten(); }, {3}, {3, 1}, elementwise(identity)},
      {"Dropout", "in inference", [] { return layers::Dropout(0.5); }, {3, 4}, {3, 4}, elementwise(identity)},
      {"Dropout",
       "with a seed",
       [] { return layers::Dropout(0.25, {.seed = 7}); },
       {3, 4},
       {3, 4},
       elementwise(identity)},
      {"Rescaling",
       "bytes to [-1, 1]",
       [] { return layers::Rescaling(1.0 / 127.5, {.offset = -1}); },
       {2, 4},
       {2, 4},
       elementwise([](double x) { return x / 127.5 - 1; })},
      activation("linear", elementwise(identity)),
      activation("relu", elementwise(relu)),
      activation("sigmoid", elementwise(sigmoid)),
      activation("tanh", elementwise([](double x) { return std::tanh(x); })),
      activation("softplus", elementwise(softplus)),
      activation("silu", elementwise(silu)),
      activation("swish", elementwise(silu)),
      activation("exponential", elementwise([](double x) { return std::exp(x); })),
      activation("softmax", softmax_rows(5, false)),
      activation("log_softmax", softmax_rows(5, true)),
  };
}

}  // namespace

const std::vector<LayerCase>& layer_cases() {
  static const std::vector<LayerCase> cases = make();
  return cases;
}

Tensor numbers(const Shape& shape, DType dtype, int seed) {
  Values values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = std::sin(static_cast<double>(i + 1) * 1.7 + seed * 0.613) * (1 + 0.01 * static_cast<double>(i % 7));
  return Tensor(values, shape).astype(dtype);
}

}  // namespace shoal::testing
