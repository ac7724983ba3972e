// bench_step MODEL BATCH THREADS: training steps of one process, timed from batch to batch of a real fit. One line:
// model, batch, threads, engine, samples/s (median of epochs), [range], share of the peak of fused multiply-adds
// measured in the same run, kernels, time of the first epoch, and for each layer with ReLU the share of its outputs
// (behind pooling, where there is one) that had a gradient.
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "model/kernels/table.h"
#include "tests/bench/networks.h"
#include "tests/bench/peak.h"

namespace {

using namespace shoal;

// Samples a second in each epoch, from the fourth batch to the last: the steps alone.
class StepTimes : public Callback {
 public:
  explicit StepTimes(std::int64_t batch) : batch_(batch) {}
  void on_epoch_begin(int) override { batches_ = 0; }
  void on_train_batch_end(int, const Logs&) override {
    last_ = bench::seconds_now();
    if (++batches_ == kSkipped) first_ = last_;
  }
  void on_epoch_end(int, Logs&) override {
    rates.push_back(static_cast<double>((batches_ - kSkipped) * batch_) / (last_ - first_));
  }
  std::vector<double> rates;

 private:
  static constexpr std::int64_t kSkipped = 4;
  std::int64_t batch_, batches_ = 0;
  double first_ = 0, last_ = 0;
};

void use_one_core() {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(1, &set);
  sched_setaffinity(0, sizeof set, &set);  // where there is one core only, this fails and nothing changes
}

// Steps before the timing begins: by then as many zeros are about as in a trained network.
constexpr std::int64_t kWarmSteps = 200;

void run(const std::string& name, std::int64_t batch, int threads) {
  std::string program = "bench_step", flag = "--shoal-threads", value = std::to_string(threads);
  std::vector<char*> arguments{program.data(), flag.data(), value.data(), nullptr};
  int count = 3;
  Runtime runtime(count, arguments.data());
  if (threads == 1) use_one_core();

  const std::int64_t samples = std::max(bench::samples_of(name, batch) / batch, std::int64_t{8}) * batch;
  auto network = bench::make_network(name, samples);
  network.model->compile({.optimizer = network.optimizer, .loss = network.loss, .metrics = network.metrics});

  double peak = bench::peak_gflops(threads);
  const double start = bench::seconds_now();
  network.model->fit(network.x, network.y, {.epochs = 1, .batch_size = batch, .verbose = 0});
  const double first_epoch = bench::seconds_now() - start;
  const auto more = static_cast<int>((kWarmSteps * batch - 1) / samples);
  if (more > 0) network.model->fit(network.x, network.y, {.epochs = more, .batch_size = batch, .verbose = 0});
  auto times = std::make_shared<StepTimes>(batch);
  network.model->fit(network.x, network.y, {.epochs = 6, .batch_size = batch, .verbose = 0, .callbacks = {times}});
  peak = std::max(peak, bench::peak_gflops(threads));

  auto& rates = times->rates;
  rates.erase(rates.begin());
  std::sort(rates.begin(), rates.end());
  const double median = rates[rates.size() / 2];
  fmt::print("{}\tb{}\t{}thr\tshoal\t{:.0f}\t[{:.0f}..{:.0f}]\t{:.2f} of peak {:.1f} GFLOP/s\t{}\tfirst epoch {:.1f} s",
             name, batch, threads, median, rates.front(), rates.back(),
             median * bench::megaflops_of(name) * 1e-3 / peak, peak, kernels::table<float>().level, first_epoch);
  if (!network.rectified.empty()) {
    fmt::print("\tnon-zero");
    for (const double share : bench::positive_shares(network)) fmt::print(" {:.2f}", share);
  }
  fmt::print("\n");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times training steps of one process.");
  std::string model;
  std::int64_t batch = 32;
  int threads = 1;
  app.add_option("MODEL", model, bench::kModels)->required();
  app.add_option("BATCH", batch, "rows of a batch")->required()->check(CLI::PositiveNumber);
  app.add_option("THREADS", threads, "compute threads")->required()->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    run(model, batch, threads);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_step: {}\n", error.what());
    return 1;
  }
}
