// bench_predict MODEL ROWS THREADS: Model::predict on so many rows, again and again, as a service calls it. One line:
// model, rows, threads, samples/s (the median of rounds), microseconds a call and, where the operations of a forward
// pass are known, the share of the peak of fused multiply-adds measured in the same run.
#include <sched.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>

#include "tests/bench/networks.h"
#include "tests/bench/peak.h"

namespace {

using namespace shoal;

// Millions of operations of a forward pass per sample.
double megaflops(const std::string& name) {
  static const std::map<std::string, double> known{{"cnn", 8.6}, {"resnet20", 81.6}, {"mlp", 1.34}, {"bigmlp", 101}};
  const auto found = known.find(name);
  return found == known.end() ? 0 : found->second;
}

void run(const std::string& name, std::int64_t rows, int threads) {
  std::string program = "bench_predict", flag = "--shoal-threads", value = std::to_string(threads);
  std::vector<char*> arguments{program.data(), flag.data(), value.data(), nullptr};
  int count = 3;
  Runtime runtime(count, arguments.data());
  if (threads == 1) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(1, &set);
    sched_setaffinity(0, sizeof set, &set);
  }
  auto network = bench::make_network(name, std::max<std::int64_t>(rows, 64));
  network.model->compile({.optimizer = network.optimizer, .loss = network.loss, .metrics = network.metrics});
  const Tensor x = network.x.slice(0, rows);
  const PredictOptions options{.batch_size = rows, .verbose = 0};
  double peak = bench::peak_gflops(threads);
  std::vector<double> rounds;
  for (int round = 0; round < 12; ++round) {
    const double begin = bench::seconds_now();
    int calls = 0;
    double now = begin;
    for (; now - begin < 0.1; ++calls, now = bench::seconds_now()) network.model->predict(x, options);
    if (round > 1) rounds.push_back(calls / (now - begin));
  }
  peak = std::max(peak, bench::peak_gflops(threads));
  std::sort(rounds.begin(), rounds.end());
  const double median = rounds[rounds.size() / 2], samples = median * static_cast<double>(rows);
  fmt::print("{}\t{} rows\t{}thr\t{:.0f} samples/s\t{:.1f} us a call", name, rows, threads, samples, 1e6 / median);
  if (const double each = megaflops(name); each > 0)
    fmt::print("\t{:.2f} of peak {:.1f} GFLOP/s", samples * each * 1e-3 / peak, peak);
  fmt::print("\n");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Times predictions of one process.");
  std::string model;
  std::int64_t rows = 1;
  int threads = 1;
  app.add_option("MODEL", model, bench::kModels)->required();
  app.add_option("ROWS", rows, "rows of a call")->required()->check(CLI::PositiveNumber);
  app.add_option("THREADS", threads, "compute threads")->required()->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  try {
    run(model, rows, threads);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_predict: {}\n", error.what());
    return 1;
  }
}
