#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "shoal.h"
#include "tests/end_to_end/job.h"

namespace {

// A static object whose destructor takes its time: the process is at its end for so long, and a file tells of it.
struct Linger {
  int milliseconds;
  std::string file;
  ~Linger() {
    if (!file.empty()) std::ofstream(file) << "yes\n";
    std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
  }
};

}  // namespace

// A program as a person writes it: the same alone and in a job. `e2e_job compare A B TOLERANCE` judges two reports.
int main(int argc, char** argv) {
  shoal::Runtime runtime(argc, argv);
  JobOptions options;
  CLI::App app("Trains a small network on synthetic data");
  app.add_option("--model", options.model);
  app.add_option("--scenario", options.scenario);
  app.add_option("--samples", options.samples);
  app.add_option("--batch", options.batch);
  app.add_option("--epochs", options.epochs);
  app.add_option("--optimizer", options.optimizer);
  app.add_option("--clipnorm", options.clipnorm);
  app.add_option("--global-clipnorm", options.global_clipnorm);
  app.add_flag("--eagerly", options.eagerly);
  app.add_option("--dropout", options.dropout);
  app.add_option("--checkpoint", options.checkpoint);
  app.add_option("--every", options.every);
  app.add_option("--kill-at", options.kill_at);
  app.add_option("--pause", options.pause);
  app.add_option("--out", options.out);
  std::string at_end_file;
  app.add_option("--running", options.running);
  app.add_option("--running-at-end", at_end_file);
  int settle = 0;
  app.add_option("--settle", settle);
  int linger = 0;
  app.add_option("--linger", linger);
  std::string a, b;
  double tolerance = 0;
  CLI::App* compare = app.add_subcommand("compare");
  compare->add_option("A", a)->required();
  compare->add_option("B", b)->required();
  compare->add_option("TOLERANCE", tolerance)->required();
  CLI11_PARSE(app, argc, argv);
  if (*compare) return compare_reports(a, b, tolerance);
  static const Linger at_end{linger, runtime.is_chief() ? at_end_file : ""};
  options.rank = runtime.rank();
  options.resume = runtime.resume();
  std::this_thread::sleep_for(std::chrono::milliseconds(settle));
  run_job(options);
  return 0;
}
