#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>

#include "model/autograd/gradients.h"
#include "model/ops/ops.h"
#include "model/plan/plan.h"
#include "tests/model/plan/models.h"

namespace shoal {
namespace {

using plan::Options;
using testing::cnn_batch;
using testing::run_once;
using testing::traced_cnn;
using testing::TracedStep;

// Writes down what is announced, in order.
class Recorder : public plan::Observer {
 public:
  void before_forward(int variable) override { add("forward ", variable); }
  void before_gradient_write(int variable) override { add("write ", variable); }
  void gradient_ready(int variable) override { add("ready ", variable); }

  int count(const std::string& event) const {
    return static_cast<int>(std::count(events_.begin(), events_.end(), event));
  }
  std::ptrdiff_t place(const std::string& event) const {
    return std::find(events_.begin(), events_.end(), event) - events_.begin();
  }
  const std::vector<std::string>& events() const { return events_; }

 private:
  void add(const char* what, int variable) {
    const std::scoped_lock lock(mutex_);
    events_.push_back(what + std::to_string(variable));
  }
  std::mutex mutex_;
  std::vector<std::string> events_;
};

TEST(Observer, HearsOfEveryVariableOnceAndInOrder) {
  for (std::int64_t wide : {16, 600})
    for (int threads : {1, 2, 3})
      for (auto order : {Options::Order::kDepthFirst, Options::Order::kLayerFirst})
        for (std::int64_t rows : {32, 2}) {
          TracedStep step = traced_cnn(DType::kFloat32, wide);
          const auto plan = step.compile({.threads = threads, .order = order});
          for (int time : {0, 1}) {
            Recorder recorder;
            run_once(step, *plan, cnn_batch(rows), &recorder);
            for (int v = 0; v < 8; ++v) {
              const std::string name = std::to_string(v);
              EXPECT_EQ(recorder.count("forward " + name), 1) << v << " run " << time;
              EXPECT_EQ(recorder.count("write " + name), 1) << v;
              EXPECT_EQ(recorder.count("ready " + name), 1) << v;
              EXPECT_LT(recorder.place("forward " + name), recorder.place("ready " + name));
              EXPECT_LT(recorder.place("write " + name), recorder.place("ready " + name));
            }
          }
        }
}

// The value of `variable` is only right once before_forward has been called for it: a server that answers late. It is
// garbage until then, so who reads early computes garbage.
TEST(Observer, NothingReadsAVariableBeforeItsTurn) {
  for (int threads : {1, 2, 3}) {
    TracedStep step = traced_cnn();
    const auto plan = step.compile({.threads = threads, .order = Options::Order::kLayerFirst});
    const auto expected = run_once(step, *plan, cnn_batch(32));
    struct Late : plan::Observer {
      std::vector<Variable>* weights;
      std::vector<std::vector<float>> values;
      void before_forward(int v) override {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        const auto i = static_cast<std::size_t>(v);
        std::copy(values[i].begin(), values[i].end(), static_cast<float*>((*weights)[i].data()));
      }
      void before_gradient_write(int) override {}
      // It may be overwritten from now on: nobody reads it any more.
      void gradient_ready(int v) override {
        Variable& weight = (*weights)[static_cast<std::size_t>(v)];
        std::fill_n(static_cast<float*>(weight.data()), weight.size(), NAN);
      }
    } late;
    late.weights = &step.weights;
    for (const Variable& weight : step.weights) {
      late.values.push_back(weight.value().to_vector<float>());
      std::fill_n(static_cast<float*>(weight.data()), weight.size(), NAN);
    }
    EXPECT_EQ(run_once(step, *plan, cnn_batch(32), &late), expected) << threads;
  }
}

// When the last layer's kernel is asked for, the first layer has run: spoiling the first layer's kernel at that moment
// no longer changes the forward pass. (One row is one block.)
TEST(Observer, TheFirstLayerRunsBeforeTheLastLayersWeightsArrive) {
  for (std::int64_t wide : {16, 600}) {
    TracedStep step = traced_cnn(DType::kFloat32, wide);
    const auto plan = step.compile({.threads = 1, .order = Options::Order::kLayerFirst});
    const auto expected = run_once(step, *plan, cnn_batch(1));
    struct Spoiler : plan::Observer {
      Variable first;
      void before_forward(int v) override {
        if (v == 6) std::fill_n(static_cast<float*>(first.data()), first.size(), NAN);
      }
      void before_gradient_write(int) override {}
      void gradient_ready(int) override {}
    } spoiler;
    spoiler.first = step.weights[0];
    const auto left = run_once(step, *plan, cnn_batch(1), &spoiler);
    EXPECT_EQ(left.loss, expected.loss);
    EXPECT_EQ(left.probabilities, expected.probabilities);
    EXPECT_TRUE(std::isnan(static_cast<float*>(step.weights[0].data())[0]));
  }
}

// Layer first: the last layer's gradient leaves before an earlier layer's backward has begun.
TEST(Observer, TheLastLayersGradientLeavesBeforeTheFirstLayersBackwardBegins) {
  for (std::int64_t wide : {16, 600})
    for (int threads : {1, 2}) {
      TracedStep step = traced_cnn(DType::kFloat32, wide);
      const auto plan = step.compile({.threads = threads, .order = Options::Order::kLayerFirst});
      Recorder recorder;
      run_once(step, *plan, cnn_batch(32), &recorder);
      for (int later = 2; later < 8; later += 2) {
        const std::string last = std::to_string(later), earlier = std::to_string(later - 2);
        EXPECT_LT(recorder.place("ready " + last), recorder.place("write " + earlier)) << later << " wide " << wide;
      }
    }
}

TEST(Observer, AnErrorEndsTheRunAndTheNextOneWorks) {
  for (int threads : {1, 3}) {
    TracedStep step = traced_cnn();
    const auto plan = step.compile({.threads = threads});
    const auto expected = run_once(step, *plan, cnn_batch(32));
    struct Broken : plan::Observer {
      void before_forward(int v) override {
        if (v == 4) throw std::runtime_error("the server went away");
      }
      void before_gradient_write(int) override {}
      void gradient_ready(int) override {}
    } broken;
    EXPECT_THROW(run_once(step, *plan, cnn_batch(32), &broken), std::runtime_error);
    EXPECT_EQ(run_once(step, *plan, cnn_batch(32)), expected);
  }
}

// Who takes parts gets every element of every gradient once, with the bits that it has in the arena otherwise.
TEST(Observer, PartsMakeUpTheGradients) {
  struct Parts : plan::Observer {
    explicit Parts(const std::vector<Variable>& weights) {
      for (const Variable& weight : weights) values.emplace_back(weight.size(), NAN);
    }
    void before_forward(int) override {}
    void before_gradient_write(int) override {}
    void gradient_ready(int) override { ++ready; }
    bool takes_parts(int, std::int64_t) override { return true; }
    void gradient_part(int v, std::int64_t begin, std::int64_t count, const void* from) override {
      EXPECT_EQ(begin % 16, 0);
      auto& to = values[static_cast<std::size_t>(v)];
      ASSERT_LE(static_cast<std::size_t>(begin + count), to.size());
      for (std::int64_t i = 0; i < count; ++i) {
        EXPECT_TRUE(std::isnan(to[static_cast<std::size_t>(begin + i)]));
        to[static_cast<std::size_t>(begin + i)] = static_cast<const float*>(from)[i];
      }
    }
    std::vector<std::vector<float>> values;
    std::atomic<int> ready{0};
  };
  for (std::int64_t wide : {16, 600, 608})
    for (int threads : {1, 3})
      for (auto order : {Options::Order::kDepthFirst, Options::Order::kLayerFirst})
        for (std::int64_t rows : {0, 5, 32}) {
          TracedStep step = traced_cnn(DType::kFloat32, wide);
          const auto plan = step.compile({.threads = threads, .order = order});
          const auto expected = run_once(step, *plan, cnn_batch(rows));
          Parts parts(step.weights);
          run_once(step, *plan, cnn_batch(rows), &parts);
          std::size_t at = 0;
          int missing = 0;
          for (const auto& values : parts.values) {
            const bool came = !std::isnan(values[0]);
            missing += came ? 0 : 1;
            for (float value : values) {
              const double wanted = expected.gradients[at++];
              EXPECT_TRUE(came ? value == static_cast<float>(wanted) : std::isnan(value));
            }
          }
          EXPECT_EQ(missing, parts.ready) << "who got no parts is told that the gradient is ready";
          EXPECT_LE(missing, 1);
        }
}

}  // namespace
}  // namespace shoal
