#include "common/optim/span_kernels.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <random>

#include "common/optim/rule.h"

namespace shoal::optim {
namespace {

constexpr std::size_t kSize = 1000;  // not a multiple of any vector

// Everything a rule touches, with numbers of every size, zeros, denormals and infinities among the gradients.
template <class T>
struct Data {
  std::vector<T> w, g, slots[3];
  Data() : w(kSize), g(kSize) {
    std::mt19937_64 generator(7);
    std::uniform_real_distribution<double> uniform(-1, 1);
    for (auto& slot : slots) slot.resize(kSize);
    for (std::size_t i = 0; i < kSize; ++i) {
      w[i] = static_cast<T>(uniform(generator));
      g[i] = static_cast<T>(uniform(generator) * std::pow(10, uniform(generator) * 20));
      slots[0][i] = static_cast<T>(std::abs(uniform(generator)) * 1e-3);
      for (int s : {1, 2}) slots[s][i] = static_cast<T>(std::abs(uniform(generator)) * 1e-5);
    }
    g[3] = 0;
    g[17] = std::numeric_limits<T>::denorm_min();
    g[18] = std::numeric_limits<T>::infinity();
    g[19] = std::numeric_limits<T>::quiet_NaN();
    g[20] = T(-0.0);
  }
};

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;  // which NaN it is, is nobody's promise
    if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0) return false;
  }
  return true;
}

template <class T>
bool same_bits(const Data<T>& a, const Data<T>& b) {
  return same_bits(a.w, b.w) && same_bits(a.slots[0], b.slots[0]) && same_bits(a.slots[1], b.slots[1]) &&
         same_bits(a.slots[2], b.slots[2]);
}

// Each way to run a step on [begin, end) of the data.
template <class T>
std::vector<void (*)(const SpanKernels<T>&, Data<T>&, std::size_t, std::size_t)> operations() {
  using Kernels = const SpanKernels<T>&;
  // Runs `kernel`, a member of the kernels, with a step on the part, and then with some more without gradients.
  static const auto run = [](auto kernel, const auto& step, Data<T>& d, std::size_t begin, std::size_t end) {
    T* slots[] = {d.slots[0].data() + begin, d.slots[1].data() + begin, d.slots[2].data() + begin};
    kernel.apply(step, end - begin, d.w.data() + begin, d.g.data() + begin, slots);
    const std::vector steps(200, step);
    kernel.replay(steps.data(), steps.size(), end - begin, d.w.data() + begin, slots);
  };
  static const auto sgd = [](Kernels k, Data<T>& d, std::size_t b, std::size_t e, bool momentum, bool nesterov) {
    run(k.sgd, SgdStep<T>{T(0.1), momentum ? T(0.9) : T(0), momentum, nesterov}, d, b, e);
  };
  static const auto adam = [](Kernels k, Data<T>& d, std::size_t b, std::size_t e, bool amsgrad) {
    run(k.adam, AdamStep<T>{T(3.1e-4), T(0.1), T(0.001), T(1e-7), amsgrad}, d, b, e);
  };
  static const auto rmsprop = [](Kernels k, Data<T>& d, std::size_t b, std::size_t e, bool momentum, bool centered) {
    run(k.rmsprop, RmspropStep<T>{T(0.01), T(0.9), T(0.1), momentum ? T(0.8) : T(0), T(1e-7), momentum, centered}, d, b,
        e);
  };
  return {
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) { sgd(k, d, b, e, false, false); },
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) { sgd(k, d, b, e, true, false); },
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) { sgd(k, d, b, e, true, true); },
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) { adam(k, d, b, e, false); },
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) { adam(k, d, b, e, true); },
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) { rmsprop(k, d, b, e, false, false); },
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) { rmsprop(k, d, b, e, true, false); },
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) { rmsprop(k, d, b, e, false, true); },
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) { rmsprop(k, d, b, e, true, true); },
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) {
        run(k.adagrad, AdagradStep<T>{T(0.01), T(1e-7)}, d, b, e);
      },
      // All that may come before a rule.
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) {
        SgdStep<T> step{.learning_rate = T(0.1)};
        step.before = {T(0.7), T(0.25), T(0.01), T(0.1), true, true, true};
        run(k.sgd, step, d, b, e);
      },
      [](Kernels k, Data<T>& d, std::size_t b, std::size_t e) { k.add(e - b, d.g.data() + b, d.w.data() + b); },
  };
}

template <class T>
class SpanKernelsTest : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(SpanKernelsTest, Types);

TYPED_TEST(SpanKernelsTest, EveryBuildGivesTheBitsOfThePlainLoop) {
  using T = TypeParam;
  const auto builds = all_span_kernels<T>();
#if defined(__x86_64__)
  EXPECT_EQ(builds.size() > 1, __builtin_cpu_supports("avx2") != 0);
#endif
  for (const auto& operation : operations<T>()) {
    Data<T> plain;
    for (int step = 0; step < 3; ++step) operation(builds[0], plain, 0, kSize);
    EXPECT_FALSE(same_bits(plain, Data<T>()));
    for (std::size_t b = 1; b < builds.size(); ++b) {
      Data<T> fast;
      for (int step = 0; step < 3; ++step) operation(builds[b], fast, 0, kSize);
      EXPECT_TRUE(same_bits(plain, fast)) << "build " << b;
    }
  }
}

// Servers hold slices cut at multiples of 16 elements; here also anywhere else.
TYPED_TEST(SpanKernelsTest, AnyCutGivesTheSameBits) {
  using T = TypeParam;
  std::mt19937 generator(11);
  for (const auto& build : all_span_kernels<T>()) {
    for (const auto& operation : operations<T>()) {
      Data<T> whole;
      operation(build, whole, 0, kSize);
      for (int trial = 0; trial < 20; ++trial) {
        Data<T> cut;
        const std::size_t unit = trial < 10 ? 16 : 1;
        for (std::size_t begin = 0; begin < kSize;) {
          const std::size_t end = std::min(kSize, begin + unit * (1 + generator() % (200 / unit)));
          operation(build, cut, begin, end);
          begin = end;
        }
        ASSERT_TRUE(same_bits(whole, cut));
      }
    }
  }
}

TEST(Add, AddsSourceToDestination) {
  std::vector<float> a(100), b(100);
  for (std::size_t i = 0; i < 100; ++i) {
    a[i] = static_cast<float>(i);
    b[i] = 0.5f;
  }
  add(99, a.data(), b.data());
  for (std::size_t i = 0; i < 99; ++i) EXPECT_EQ(b[i], static_cast<float>(i) + 0.5f);
  EXPECT_EQ(b[99], 0.5f);
}

}  // namespace
}  // namespace shoal::optim
