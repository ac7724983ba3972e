#include "model/train/table_rows.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "common/base/error.h"
#include "model/autograd/gradients.h"
#include "model/graph/trace.h"
#include "model/ops/ops.h"
#include "model/plan/plan.h"
#include "model/train/local_updater.h"
#include "tests/support/allocations.h"

namespace shoal {
namespace {

constexpr std::int64_t kWords = 300, kWidth = 5, kIds = 4;

// Gradients as they come from a plan; `by_rows` off: as an updater that does not take rows sees them.
class Forward : public plan::Observer {
 public:
  Forward(train::ParameterUpdater& updater, bool by_rows) : updater_(updater), by_rows_(by_rows) {}
  void before_forward(int v) override { updater_.before_forward(v); }
  void before_gradient_write(int v) override { updater_.before_gradient_write(v); }
  void gradient_ready(int v) override { updater_.gradient_ready(v); }
  bool takes_parts(int v, std::int64_t part) override { return updater_.takes_parts(v, part); }
  void gradient_part(int v, std::int64_t begin, std::int64_t count, const void* values) override {
    updater_.gradient_part(v, begin, count, values);
  }
  bool takes_rows(int v) override { return by_rows_ && updater_.takes_rows(v); }
  void before_rows(int v, std::span<const std::int64_t> rows) override { updater_.before_rows(v, rows); }
  void gradient_rows(int v, const RowGradient& gradient) override {
    ++by_rows;
    touched += gradient.rows.size();
    updater_.gradient_rows(v, gradient);
  }
  int by_rows = 0;
  std::size_t touched = 0;

 private:
  train::ParameterUpdater& updater_;
  const bool by_rows_;
};

// What else of the table a step reads.
enum class Use { kNumbersOnly, kWhole, kOtherNumbers };

// A table and a kernel that are trained on numbers of the table's rows.
struct Training {
  std::vector<Variable> weights;
  std::unique_ptr<ParameterSpace> space;
  std::unique_ptr<plan::Plan> plan;
  std::unique_ptr<train::ParameterUpdater> updater;
  std::unique_ptr<Forward> observer;
  std::vector<const void*> inputs{nullptr};
  int step = 0;

  Training(const nlohmann::json& rule, bool by_rows, int threads = 1, DType dtype = DType::kFloat32,
           Use use = Use::kNumbersOnly) {
    for (const Shape& shape : {Shape{kWords, kWidth}, Shape{kIds * kWidth, 3}}) {
      Tensor values(shape, DType::kFloat64);
      for (std::int64_t i = 0; i < shape.elements(); ++i)
        values.mutable_data<double>()[i] = static_cast<double>(i * 37 % 101) / 1010 - 0.05;
      weights.emplace_back(values.astype(dtype), "w" + std::to_string(weights.size()));
    }
    space = std::make_unique<ParameterSpace>(weights, heap_arena);
    graph::Trace trace(true);
    const Tensor numbers = trace.input("x", {kRows, kIds}, DType::kInt32), table = graph::read(weights[0]);
    const Tensor rows = ops::reshape_rows(ops::take(table, numbers), {kIds * kWidth});
    Tensor loss = ops::mean(ops::square(ops::matmul(rows, graph::read(weights[1])) - 0.3));
    if (use == Use::kWhole) loss = loss + 0.01 * ops::sum(ops::square(table));
    if (use == Use::kOtherNumbers) loss = loss + ops::mean(ops::take(table, ops::slice_axis(numbers, 1, 1, 3)));
    const auto found = gradients(loss, weights);
    for (std::size_t i = found.size(); i-- > 0;) trace.add_gradient(weights[i], found[i]);
    plan = plan::Plan::compile(trace, {loss}, {.threads = threads});
    updater = train::make_local_updater(*space, rule);
    observer = std::make_unique<Forward>(*updater, by_rows);
  }

  double run(const std::vector<std::int32_t>& numbers) {
    const auto rows = static_cast<std::int64_t>(numbers.size()) / kIds;
    updater->begin_step({.iteration = step, .learning_rate = 0.02 / (1 + step % 7)});
    inputs[0] = numbers.data();
    plan->run(inputs, {rows, step++, 0, 1.0 / std::max<double>(1, static_cast<double>(rows))}, observer.get());
    updater->step_done();
    return weights[0].dtype() == DType::kFloat64 ? *static_cast<const double*>(plan->output(0))
                                                 : *static_cast<const float*>(plan->output(0));
  }

  std::vector<std::byte> state(int slots) {
    updater->all_current();
    std::vector<std::byte> bytes;
    for (std::size_t v = 0; v < weights.size(); ++v)
      for (int slot = -1; slot < slots; ++slot) {
        const std::size_t at = bytes.size();
        bytes.resize(at + weights[v].bytes());
        if (slot < 0)
          std::memcpy(bytes.data() + at, weights[v].data(), weights[v].bytes());
        else
          updater->read_slot(static_cast<int>(v), slot, bytes.data() + at);
      }
    return bytes;
  }

  void restore(const std::vector<std::byte>& bytes, int slots, int at_step) {
    updater->release_weights();
    std::size_t at = 0;
    for (std::size_t v = 0; v < weights.size(); ++v)
      for (int slot = -1; slot < slots; ++slot, at += weights[v].bytes())
        if (slot < 0)
          std::memcpy(weights[v].data(), bytes.data() + at, weights[v].bytes());
        else
          updater->write_slot(static_cast<int>(v), slot, bytes.data() + at);
    step = at_step;
  }
};

// Batches of every kind: none, all the same number, numbers twice, most of the table.
std::vector<std::int32_t> numbers_of(int step) {
  std::mt19937 generator(static_cast<unsigned>(step));
  const std::size_t rows = step % 11 == 5 ? 0 : step % 13 == 7 ? 60 : 1 + generator() % 8;
  std::vector<std::int32_t> numbers(rows * kIds);
  for (auto& number : numbers)
    number = static_cast<std::int32_t>(step % 6 == 3 ? 7 : generator() % (step % 2 ? kWords : 20));
  return numbers;
}

const std::vector<nlohmann::json> kRules = {
    {{"class_name", "SGD"}},
    {{"class_name", "SGD"}, {"momentum", 0.9}, {"nesterov", true}},
    {{"class_name", "Adam"}},
    {{"class_name", "Adam"}, {"amsgrad", true}, {"clipnorm", 0.05}},
    {{"class_name", "Adam"}, {"global_clipnorm", 0.05}},
    {{"class_name", "Adam"}, {"clipvalue", 0.001}},
    {{"class_name", "AdamW"}},
    {{"class_name", "RMSprop"}},
    {{"class_name", "RMSprop"}, {"momentum", 0.5}, {"centered", true}},
    {{"class_name", "Adagrad"}},
};

TEST(TableRows, GiveTheBitsOfTheWholeTable) {
  for (const auto& rule : kRules)
    for (const DType dtype : {DType::kFloat32, DType::kFloat64})
      for (const int threads : {1, 2, 3}) {
        const int slots = optim::make_rule(rule)->slots();
        Training whole(rule, false, 1, dtype), rows(rule, true, threads, dtype);
        for (int step = 0; step < 80; ++step) {
          const auto numbers = numbers_of(step);
          ASSERT_EQ(whole.run(numbers), rows.run(numbers)) << rule << " step " << step;
          if (step % 29 == 28) {
            EXPECT_EQ(whole.state(slots), rows.state(slots)) << rule << " step " << step;
          }
        }
        EXPECT_EQ(whole.state(slots), rows.state(slots)) << rule << ", " << threads << " threads";
        EXPECT_EQ(whole.observer->by_rows, 0);
        EXPECT_GT(rows.observer->by_rows, 60) << rule;
      }
}

TEST(TableRows, AreReadAtAnyTimeWithoutChangingABit) {
  for (const auto& rule : kRules) {
    const int slots = optim::make_rule(rule)->slots();
    Training never(rule, true), often(rule, true);
    for (int step = 0; step < 50; ++step) {
      never.run(numbers_of(step));
      often.run(numbers_of(step));
      if (step % 3 == 0) often.updater->all_current();
    }
    EXPECT_EQ(never.state(slots), often.state(slots)) << rule;
  }
}

TEST(TableRows, GoOnFromASavedStateAsIfNeverStopped) {
  for (const auto& rule : kRules) {
    const int slots = optim::make_rule(rule)->slots();
    Training all(rule, true), first(rule, true), second(rule, true);
    for (int step = 0; step < 60; ++step) {
      all.run(numbers_of(step));
      if (step < 25) first.run(numbers_of(step));
      if (step == 24) second.restore(first.state(slots), slots, 25);
      if (step > 24) second.run(numbers_of(step));
    }
    EXPECT_EQ(all.state(slots), second.state(slots)) << rule;
  }
}

TEST(TableRows, ForgetNothingInALongRun) {
  for (const char* name : {"Adam", "AdamW"}) {
    const nlohmann::json rule = {{"class_name", name}};
    Training whole(rule, false), rows(rule, true, 2);
    for (int step = 0; step < 2300; ++step) {
      const std::vector<std::int32_t> numbers(kIds, static_cast<std::int32_t>(step < 100 ? step : step % 3));
      whole.run(numbers);
      rows.run(numbers);
    }
    EXPECT_EQ(whole.state(2), rows.state(2)) << name;
  }
}

TEST(TableRows, AreNotUsedWhereATableIsReadOtherwise) {
  for (const Use use : {Use::kWhole, Use::kOtherNumbers}) {
    Training whole(kRules[2], false, 1, DType::kFloat64, use), rows(kRules[2], true, 2, DType::kFloat64, use);
    for (int step = 0; step < 10; ++step) EXPECT_EQ(whole.run(numbers_of(step)), rows.run(numbers_of(step)));
    EXPECT_EQ(whole.state(2), rows.state(2));
    EXPECT_EQ(rows.observer->by_rows, 0);
  }
}

TEST(TableRows, ComeInOrderAndOnce) {
  Training training(kRules[2], true);
  training.run({5, 5, 2, 299, 2, 2, 5, 0});
  EXPECT_EQ(training.observer->touched, 4u);
  training.run({});
  EXPECT_EQ(training.observer->touched, 4u);
  EXPECT_EQ(training.observer->by_rows, 2);
  EXPECT_THROW(training.run({1, 2, 3, 300}), ValueError);
}

// Keras's formula in long double, every row at every step.
TEST(TableRows, FollowDenseAdam) {
  constexpr std::size_t kRowCount = 40, kWide = 3;
  struct Given {
    std::vector<double> values;
    static void write(const void* given, std::size_t begin, std::size_t end, void* out) {
      std::copy_n(static_cast<const Given*>(given)->values.data() + begin * kWide, (end - begin) * kWide,
                  static_cast<double*>(out));
    }
  };
  const auto rule = optim::make_rule({{"class_name", "Adam"}});
  std::vector<double> w(kRowCount * kWide), first(w.size()), second(w.size());
  for (std::size_t i = 0; i < w.size(); ++i) w[i] = 0.001 * static_cast<double>(i);
  std::vector<long double> expected(w.begin(), w.end()), m(w.size()), v(w.size());
  const auto table = train::make_table_rows(
      *rule, DType::kFloat64,
      {.rows = kRowCount, .width = kWide, .weights = w.data(), .slots = {first.data(), second.data()}, .fresh = true});
  for (int step = 0; step < 50; ++step) {
    const std::vector<std::int64_t> rows = {step % 7, 10 + step * step % 25};
    Given given;
    std::vector<long double> g(w.size());
    for (std::size_t i = 0; i < rows.size() * kWide; ++i) {
      given.values.push_back(std::sin(step + static_cast<double>(i)) * std::pow(10, i % 3 * -3.0));
      g[static_cast<std::size_t>(rows[i / kWide]) * kWide + i % kWide] = given.values.back();
    }
    table->bring_up(rows);
    table->apply({.iteration = step, .learning_rate = 0.001}, {rows, Given::write, &given});
    const long double alpha = 0.001L * std::sqrt(1 - std::pow(0.999L, step + 1)) / (1 - std::pow(0.9L, step + 1));
    for (std::size_t i = 0; i < g.size(); ++i) {
      m[i] += (g[i] - m[i]) * (1 - 0.9L);
      v[i] += (g[i] * g[i] - v[i]) * (1 - 0.999L);
      expected[i] -= m[i] * alpha / (std::sqrt(v[i]) + 1e-7L);
    }
  }
  table->settle();
  for (std::size_t i = 0; i < w.size(); ++i) EXPECT_NEAR(w[i], static_cast<double>(expected[i]), 1e-12) << i;
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(TableRows, AllocateNothing) {
  for (const int threads : {1, 2}) {
    Training training(kRules[2], true, threads);
    std::vector<std::vector<std::int32_t>> batches;
    for (int step = 0; step < 60; ++step) batches.push_back(numbers_of(step));
    for (const auto& numbers : batches) training.run(numbers);
    testing::start_counting();
    for (const auto& numbers : batches) training.run(numbers);
    training.updater->all_current();
    EXPECT_EQ(testing::stop_counting(), 0) << threads << " threads";
  }
}
#endif

}  // namespace
}  // namespace shoal
