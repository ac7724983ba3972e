// bench_job MODEL BATCH WORKERS SERVERS: a job of workers and parameter servers on this machine, and as many processes
// that train without any exchange, in turns; one compute thread a process, BATCH rows a worker. One line: model, batch,
// workers, servers, optimizer, transport, [range of the job], samples/s of all workers, samples/s of the independent
// processes, ratio (medians).
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/bench/networks.h"
#include "tests/bench/peak.h"

namespace {

using namespace shoal;
namespace fs = std::filesystem;

struct Task {
  std::string model, optimizer = "adam", transport = "auto";
  std::int64_t batch = 32;
  std::string servers = "1";
  int workers = 2, rounds = 5, epochs = 0;
  std::string directory;  // where a measured process leaves its times
  int index = -1;         // of an independent process
};

// When each batch ended, by the clock that all processes of a host share.
class BatchTimes : public Callback {
 public:
  void on_train_batch_end(int, const Logs&) override { times.push_back(bench::seconds_now()); }
  std::vector<double> times;
};

// The hidden mode: one process that trains, alone or as part of a job.
void measure(const Task& task, const Runtime& runtime) {
  const std::int64_t rows = runtime.distributed() ? task.batch * runtime.workers() : task.batch;
  const std::int64_t samples = std::max(bench::samples_of(task.model, task.batch) / rows, std::int64_t{8}) * rows;
  auto network = bench::make_network(task.model, samples);
  network.model->compile({.optimizer = task.optimizer, .loss = network.loss, .metrics = {"accuracy"}});
  auto times = std::make_shared<BatchTimes>();
  times->times.reserve(static_cast<std::size_t>(samples / rows * task.epochs));
  FitOptions options{.epochs = task.epochs, .batch_size_per_worker = task.batch, .verbose = 0, .callbacks = {times}};
  network.model->fit(network.x, network.y, options);
  std::ofstream file(task.directory + "/" + std::to_string(task.index >= 0 ? task.index : runtime.rank()));
  for (double time : times->times) file << fmt::format("{:.9f}\n", time);
}

pid_t start(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) raise<Error>("fork failed");
  if (child == 0) {
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  return child;
}

void wait_for(const std::vector<pid_t>& children, const char* what) {
  bool good = true;
  for (pid_t child : children) {
    int status = 0;
    good &= waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  if (!good) raise<Error>("{} failed", what);
}

// Samples a second of all processes together, over the stretch of time in which all of them were in their stride.
double rate(const std::string& directory, int processes, std::int64_t batch) {
  std::vector<std::vector<double>> times;
  double begin = 0, end = 1e300;
  for (int i = 0; i < processes; ++i) {
    std::ifstream file(directory + "/" + std::to_string(i));
    times.emplace_back(std::istream_iterator<double>(file), std::istream_iterator<double>());
    const auto& mine = times.back();
    if (mine.size() < 20) raise<Error>("process {} left {} times, expected 20 or more", i, mine.size());
    begin = std::max(begin, mine[mine.size() / 5]);
    end = std::min(end, mine.back());
  }
  double sum = 0;
  for (const auto& mine : times) {
    // From batch end to batch end within the stretch.
    const auto first = std::lower_bound(mine.begin(), mine.end(), begin);
    const auto last = std::upper_bound(mine.begin(), mine.end(), end) - 1;
    if (last - first < 10) raise<Error>("the processes did not run at the same time");
    sum += static_cast<double>((last - first) * batch) / (*last - *first);
  }
  return sum;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void compare(Task task) {
  const fs::path self = fs::read_symlink("/proc/self/exe");
  const std::string tool = self.parent_path() / "shoal";
  if (!fs::exists(tool)) raise<IoError>("{}: not built", tool);
  // About five seconds a round.
  const double work = 3e5 / std::max(bench::megaflops_of(task.model), 3.5);
  const auto samples = static_cast<double>(bench::samples_of(task.model, task.batch));
  const auto epochs = [&](double share) {
    return std::to_string(std::max(3, static_cast<int>(work * share / samples)));
  };

  std::string pattern = fs::temp_directory_path() / "bench_job.XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) raise<IoError>("{}: cannot be made", pattern);
  const auto command = [&](const std::string& epoch_count) {
    return std::vector<std::string>{self,
                                    task.model,
                                    std::to_string(task.batch),
                                    std::to_string(task.workers),
                                    task.servers,
                                    "--optimizer",
                                    task.optimizer,
                                    "--directory",
                                    pattern,
                                    "--epochs",
                                    epoch_count};
  };
  std::vector<double> job, alone;
  try {
    for (int round = 0; round < task.rounds; ++round) {
      std::vector<std::string> whole{tool,          "run",         "--workers", std::to_string(task.workers),
                                     "--servers",   task.servers,  "--threads", "1",
                                     "--transport", task.transport};
      const auto program = command(epochs(task.workers));
      whole.insert(whole.end(), program.begin(), program.end());
      wait_for({start(whole)}, "the job");
      job.push_back(rate(pattern, task.workers, task.batch));

      std::vector<pid_t> children;
      for (int i = 0; i < task.workers; ++i) {
        auto one = command(epochs(1));
        one.insert(one.end(), {"--index", std::to_string(i), "--shoal-threads", "1"});
        children.push_back(start(one));
      }
      wait_for(children, "an independent process");
      alone.push_back(rate(pattern, task.workers, task.batch));
    }
  } catch (...) {
    fs::remove_all(pattern);
    throw;
  }
  fs::remove_all(pattern);
  const auto [slowest, fastest] = std::minmax_element(job.begin(), job.end());
  fmt::print("{}\tb{}\t{} workers\t{} servers\t{}\t{}\t[{:.0f}..{:.0f}]\t{:.0f}\t{:.0f}\t{:.2f}\n", task.model,
             task.batch, task.workers, task.servers, task.optimizer, task.transport, *slowest, *fastest, median(job),
             median(alone), median(job) / median(alone));
}

int parse_and_run(int argc, char** argv, Runtime* runtime) {
  CLI::App app("Times a job of workers and parameter servers beside independent processes.");
  Task task;
  app.add_option("MODEL", task.model, bench::kModels)->required();
  app.add_option("BATCH", task.batch, "rows of a worker's batch")->required()->check(CLI::PositiveNumber);
  app.add_option("WORKERS", task.workers, "worker processes")->required()->check(CLI::PositiveNumber);
  app.add_option("SERVERS", task.servers, "server processes, colocated or auto")->required();
  app.add_option("--optimizer", task.optimizer, "optimizer by name")->capture_default_str();
  app.add_option("--transport", task.transport, "auto, tcp or shm")->capture_default_str();
  app.add_option("--rounds", task.rounds, "rounds, of which the median counts")->capture_default_str();
  app.add_option("--directory", task.directory)->group("");
  app.add_option("--epochs", task.epochs)->group("");
  app.add_option("--index", task.index)->group("");
  CLI11_PARSE(app, argc, argv);
  if (runtime != nullptr)
    measure(task, *runtime);
  else
    compare(task);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    // A measured process is told a directory; it may turn out to be a server, whose Runtime does not return.
    if (std::find(argv, argv + argc, std::string("--directory")) == argv + argc)
      return parse_and_run(argc, argv, nullptr);
    Runtime runtime(argc, argv);
    return parse_and_run(argc, argv, &runtime);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_job: {}\n", error.what());
    return 1;
  }
}
