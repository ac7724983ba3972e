// bench_push_pull [--transport tcp|tls|unix|shm] [--bytes N ...] [--workers N] [--servers N] [--rule none|sgd|adam]:
// how fast dense float32 gradients go to the servers and new weights come back, without any computing between. A line a
// case, separated by tabs: transport, bytes of weights, workers, servers, rule, microseconds of a step (median), GB/s
// of gradients and weights together, the least microseconds by the machine's limit, and the fraction of that limit; for
// 64 bytes over sockets the last column is the multiple of a bare round trip.
//
// Limits, measured in the same run: sockets, twice the bytes of every worker at the rate of plain sockets of the kind
// (socket_bandwidth; of TLS it is that of TCP); shared memory, each worker's gradient read and the rule's arrays read
// and written at the rate of a triad.
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "model/train/run_context.h"
#include "shoal.h"
#include "tests/bench/limits.h"
#include "tests/bench/peak.h"

namespace {

using namespace shoal;
namespace fs = std::filesystem;

struct Task {
  std::string transport = "tcp", rule = "sgd";
  std::vector<std::int64_t> bytes{64, 4096, 65536, 1 << 20, 16 << 20, 64 << 20};
  int workers = 1, servers = 1;
  std::string times;  // where rank 0 of the job leaves its figure
};

// The hidden mode: a worker of the job, which pushes and pulls one variable of so many bytes.
void measure(const Task& task, const Runtime& runtime) {
  auto& context = train::run_context();
  const std::int64_t elements = task.bytes.front() / 4;
  ParameterSpace space({Variable(Tensor(Shape{elements}, DType::kFloat32), "weights")}, context.arena_allocator());
  auto* gradient = static_cast<float*>(space.entries()[0].variable.gradient());
  std::fill_n(gradient, elements, 1e-3f);
  nlohmann::json rule;  // null: the servers only add
  if (task.rule != "none") rule["class_name"] = task.rule == "adam" ? "Adam" : "SGD";
  auto updater = context.make_updater(space, rule);
  updater->publish_weights();
  const std::int64_t steps = std::clamp<std::int64_t>((std::int64_t{1} << 30) / task.bytes.front(), 12, 4000);
  std::vector<double> times(static_cast<std::size_t>(steps));
  context.barrier();
  for (std::int64_t step = 0; step < steps; ++step) {
    const double start = bench::seconds_now();
    updater->begin_step({step, 1e-3});
    updater->before_gradient_write(0);
    updater->gradient_ready(0);
    updater->step_done();
    updater->before_forward(0);
    times[static_cast<std::size_t>(step)] = bench::seconds_now() - start;
  }
  updater->all_current();
  if (!runtime.is_chief()) return;
  times.erase(times.begin(), times.begin() + steps / 4);
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  std::ofstream(task.times) << fmt::format("{:.9f}\n", times[times.size() / 2]);
}

void run(const std::vector<std::string>& command) {
  std::vector<char*> arguments;
  for (const auto& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child < 0) raise<Error>("fork failed");
  if (child == 0) {
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    raise<Error>("the job failed");
}

void compare(const Task& task) {
  const fs::path self = fs::read_symlink("/proc/self/exe");
  const std::string tool = self.parent_path() / "shoal";
  if (!fs::exists(tool)) raise<IoError>("{}: not built", tool);
  std::string place = fs::temp_directory_path() / "bench_push_pull.XXXXXX";
  const int file = mkstemp(place.data());
  if (file < 0) raise<IoError>("{}: cannot be made", place);
  close(file);
  const bool sockets = task.transport != "shm";
  const bench::Socket kind = task.transport == "unix" ? bench::Socket::unix_domain : bench::Socket::tcp;
  const int arrays = task.rule == "adam" ? 3 : 1;
  try {
    for (const std::int64_t bytes : task.bytes) {
      const std::string workers = std::to_string(task.workers), servers = std::to_string(task.servers);
      std::vector<std::string> command{tool,    "run",       "--workers", workers,       "--servers",
                                       servers, "--threads", "1",         "--transport", task.transport};
      if (task.transport == "tls") command.back() = "tcp", command.push_back("--tls");
      for (const std::string& word : {self.string(), std::string("--bytes"), std::to_string(bytes),
                                      std::string("--rule"), task.rule, std::string("--times"), place})
        command.push_back(word);
      run(command);
      double seconds = 0;
      std::ifstream(place) >> seconds;
      const double moved = 2.0 * static_cast<double>(bytes) * task.workers;
      const bool trip = sockets && bytes <= 64;
      const double limit =
          trip      ? bench::socket_round_trip(kind)
          : sockets ? moved / bench::socket_bandwidth(kind, task.workers * task.servers)
                    : static_cast<double>(bytes) * (task.workers + 2 * arrays) / bench::triad_bandwidth(task.workers);
      fmt::print("{}\t{}\t{} workers\t{} servers\t{}\t{:.1f}\t{:.3f}\t{:.1f}\t{:.2f}\n", task.transport, bytes,
                 task.workers, task.servers, task.rule, seconds * 1e6, moved / seconds * 1e-9, limit * 1e6,
                 trip ? seconds / limit : limit / seconds);
      std::fflush(stdout);
    }
  } catch (...) {
    fs::remove(place);
    throw;
  }
  fs::remove(place);
}

int parse_and_run(int argc, char** argv, Runtime* runtime) {
  CLI::App app("Times the exchange of gradients and weights with parameter servers, beside what the machine can do.");
  Task task;
  app.add_option("--transport", task.transport, "how they travel")
      ->check(CLI::IsMember({"tcp", "tls", "unix", "shm"}))
      ->capture_default_str();
  app.add_option("--bytes", task.bytes, "bytes of weights, a case each")
      ->check(CLI::Range(std::int64_t{64}, std::int64_t{1} << 40))
      ->capture_default_str();
  app.add_option("--workers", task.workers, "worker processes")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--servers", task.servers, "server processes")->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--rule", task.rule, "what servers apply")
      ->check(CLI::IsMember({"none", "sgd", "adam"}))
      ->capture_default_str();
  app.add_option("--times", task.times)->group("");
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
    // A process of the job is told a file; it may turn out to be a server, whose Runtime does not return.
    if (std::find(argv, argv + argc, std::string("--times")) == argv + argc) return parse_and_run(argc, argv, nullptr);
    Runtime runtime(argc, argv);
    return parse_and_run(argc, argv, &runtime);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_push_pull: {}\n", error.what());
    return 1;
  }
}
