// bench_start [WORKERS SERVERS]: seconds from the start of a job to the end of its first training step, beside a
// program that only calls MPI_Init on as many processes, in turns. One line: workers, servers, median of each,
// difference.
// bench_start --lone: the same for one process that nobody launches, with the network and the data of
// examples/quickstart.cc, beside Python's `import keras` when PEER_PYTHON names a Python that has it.
#include <fmt/core.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "common/mpi/session.h"
#include "shoal.h"
#include "tests/bench/networks.h"
#include "tests/bench/peak.h"

namespace {

using namespace shoal;
namespace fs = std::filesystem;

class FirstStep : public Callback {
 public:
  explicit FirstStep(std::string file) : file_(std::move(file)) {}
  void on_train_batch_end(int batch, const Logs&) override {
    if (batch == 0) std::ofstream(file_) << fmt::format("{:.6f}\n", bench::seconds_now());
  }

 private:
  const std::string file_;
};

void train_a_little(const std::string& file, const Runtime& runtime) {
  auto network = bench::make_network("mlp", 128);
  network.model->compile({.optimizer = "adam", .loss = network.loss});
  FitOptions options{.epochs = 1, .batch_size = 32, .verbose = 0};
  if (runtime.is_chief()) options.callbacks.push_back(std::make_shared<FirstStep>(file));
  network.model->fit(network.x, network.y, options);
}

void train_alone(const std::string& file) {
  const auto [train, test] = datasets::mnist_12k::load_data();
  Sequential model({layers::Rescaling(1.0 / 255, {.input_shape = {28, 28, 1}}),
                    layers::Conv2D(32, {3, 3}, {.activation = "relu"}), layers::MaxPooling2D({2, 2}),
                    layers::Conv2D(64, {3, 3}, {.activation = "relu"}), layers::MaxPooling2D({2, 2}),
                    layers::Conv2D(64, {3, 3}, {.activation = "relu"}), layers::Flatten(),
                    layers::Dense(64, {.activation = "relu"}), layers::Dense(10, {.activation = "softmax"})});
  model.compile({.optimizer = "adam", .loss = "sparse_categorical_crossentropy", .metrics = {"accuracy"}});
  model.fit(train.x.slice(0, 64), train.y.slice(0, 64),
            {.verbose = 0, .callbacks = {std::make_shared<FirstStep>(file)}});
}

void only_initialise(const std::string& file) {
  mpi::Session session;
  if (session.rank() == 0) std::ofstream(file) << fmt::format("{:.6f}\n", bench::seconds_now());
}

// From the start of the command to the time that it left in `file`. Its processor time joins `processor`.
double seconds_of(const std::vector<std::string>& command, const std::string& file,
                  std::vector<double>* processor = nullptr) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  fs::remove(file);
  const double begin = bench::seconds_now();
  const pid_t child = ::fork();
  if (child == 0) {
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
  }
  int status = 0;
  rusage usage{};
  if (child < 0 || ::wait4(child, &status, 0, &usage) < 0 || status != 0)
    raise<Error>("{}: ended with status {}", command.front(), status);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  if (processor != nullptr) processor->push_back(seconds(usage.ru_utime) + seconds(usage.ru_stime));
  double end = 0;
  if (!(std::ifstream(file) >> end)) raise<IoError>("{}: no time was left there", file);
  return end - begin;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void time_lone(int rounds) {
  const fs::path self = fs::read_symlink("/proc/self/exe");
  const std::string file = fs::temp_directory_path() / fmt::format("bench_start.{}", ::getpid());
  std::vector<double> steps, processor, imports;
  const char* python = std::getenv("PEER_PYTHON");
  const std::string import =
      fmt::format("import keras, time; open('{}', 'w').write(str(time.clock_gettime(time.CLOCK_MONOTONIC)))", file);
  for (int round = 0; round < rounds; ++round) {
    steps.push_back(seconds_of({self, "--train-alone", file}, file, &processor));
    if (python != nullptr && round < 3) imports.push_back(seconds_of({python, "-c", import}, file));
  }
  fs::remove(file);
  fmt::print("lone process\tfirst step after {:.3f} s [{:.3f}..{:.3f}]\t{:.3f} s of processors\t", median(steps),
             *std::min_element(steps.begin(), steps.end()), *std::max_element(steps.begin(), steps.end()),
             median(processor));
  if (python == nullptr)
    fmt::print("PEER_PYTHON is not set: Shoal alone\n");
  else
    fmt::print("import keras after {:.1f} s\n", median(imports));
}

void compare(int workers, int servers, int rounds) {
  const fs::path self = fs::read_symlink("/proc/self/exe");
  const std::string file = fs::temp_directory_path() / fmt::format("bench_start.{}", ::getpid());
  const auto number = [](int n) { return std::to_string(n); };
  std::vector<double> jobs, inits;
  for (int round = 0; round < rounds; ++round) {
    jobs.push_back(seconds_of({self.parent_path() / "shoal", "run", "-w", number(workers), "-s", number(servers),
                               "--threads", "1", self, "--train", file},
                              file));
    inits.push_back(seconds_of(
        {"mpirun", "--oversubscribe", "--bind-to", "none", "-n", number(workers + servers), self, "--initialise", file},
        file));
  }
  fs::remove(file);
  fmt::print("{} workers\t{} servers\tfirst step after {:.3f} s\tMPI_Init after {:.3f} s\t{:.3f}\n", workers, servers,
             median(jobs), median(inits), median(jobs) - median(inits));
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 3 && std::string(argv[1]) == "--initialise") {
      only_initialise(argv[2]);
      return 0;
    }
    if (argc >= 3 && std::string(argv[1]) == "--train") {
      Runtime runtime(argc, argv);
      train_a_little(argv[2], runtime);
      return 0;
    }
    if (argc >= 3 && std::string(argv[1]) == "--train-alone") {
      Runtime runtime(argc, argv);
      train_alone(argv[2]);
      return 0;
    }
    CLI::App app("Times the start of a job, or of a process alone.");
    int workers = 2, servers = 2, rounds = 9;
    app.add_option("WORKERS", workers, "worker processes")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("SERVERS", servers, "server processes")->check(CLI::PositiveNumber)->capture_default_str();
    app.add_option("--rounds", rounds, "rounds, of which the median counts")->capture_default_str();
    bool lone = false;
    app.add_flag("--lone", lone, "one process that nobody launches");
    CLI11_PARSE(app, argc, argv);
    if (lone) {
      time_lone(rounds);
      return 0;
    }
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 1);
    ::setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 1);
    compare(workers, servers, rounds);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_start: {}\n", error.what());
    return 1;
  }
}
