// bench_memory MODEL BATCH [THREADS]: how much resident memory a process grows by from the built model to the end of
// training (two epochs). One line: model, batch, threads, engine, MiB resident with model and data, MiB that it grew by
// until the end, and at most.
#include <malloc.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <string>

#include "tests/bench/networks.h"

namespace {

using namespace shoal;

// A line of /proc/self/status, in MiB.
double mebibytes(const std::string& key) {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;)
    if (word == key + ":") {
      double kilobytes = 0;
      file >> kilobytes;
      return kilobytes / 1024;
    }
  raise<IoError>("/proc/self/status: has no line {}", key);
}

void run(const std::string& name, std::int64_t batch, int threads) {
  std::string program = "bench_memory", flag = "--shoal-threads", value = std::to_string(threads);
  std::vector<char*> arguments{program.data(), flag.data(), value.data(), nullptr};
  int count = 3;
  Runtime runtime(count, arguments.data());

  const std::int64_t samples = std::max(bench::samples_of(name, batch) / batch, std::int64_t{8}) * batch;
  auto network = bench::make_network(name, samples);
  network.model->compile({.optimizer = network.optimizer, .loss = network.loss, .metrics = network.metrics});
  ::malloc_trim(0);                             // what making the data needed for a while
  std::ofstream("/proc/self/clear_refs") << 5;  // VmHWM begins anew
  const double before = mebibytes("VmRSS");
  network.model->fit(network.x, network.y, {.epochs = 2, .batch_size = batch, .verbose = 0});
  fmt::print("{}\tb{}\t{}thr\tshoal\t{:.0f} MiB\t+{:.1f} MiB\t+{:.1f} MiB at most\n", name, batch, threads, before,
             mebibytes("VmRSS") - before, mebibytes("VmHWM") - before);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Measures the memory that training takes.");
  std::string model;
  std::int64_t batch = 32;
  int threads = 2;
  app.add_option("MODEL", model, bench::kModels)->required();
  app.add_option("BATCH", batch, "rows of a batch")->required()->check(CLI::PositiveNumber);
  app.add_option("THREADS", threads, "compute threads")->check(CLI::PositiveNumber)->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    run(model, batch, threads);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_memory: {}\n", error.what());
    return 1;
  }
}
