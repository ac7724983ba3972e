#include "launcher/supervisor.h"

#include <fmt/core.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/digest.h"
#include "common/base/log.h"
#include "launcher/job_watch.h"
#include "launcher/mpirun.h"
#include "launcher/noise_filter.h"
#include "launcher/process_table.h"
#include "launcher/reception.h"
#include "launcher/runtime/host.h"
#include "launcher/runtime/secret.h"

namespace shoal::launcher {
namespace {

constexpr int kFailed = 1, kTimedOut = 124;

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

class Supervisor {
 public:
  explicit Supervisor(const RunOptions& options)
      : options_(options),
        secret_(make_secret()),
        far_(!options.hostfile.empty() || in_allocation()),
        reception_(secret_.job, secret_.key, options.workers + options.servers, !far_) {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGCHLD}) ::sigaddset(&signals, signal);
    ::sigprocmask(SIG_BLOCK, &signals, nullptr);
    signals_ = ::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
  }
  ~Supervisor() {
    ::close(signals_);
    ::close(errors_);
  }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  int run() {
    const double started = now();
    const Started mpirun = start(mpirun_command(options_, variables(), ::geteuid() == 0));
    mpirun_ = mpirun.pid;
    errors_ = mpirun.errors;
    filter_.emplace(host_name(), mpirun_);
    JobWatch watch(options_.workers, options_.servers, host_name(), mpirun_, started);
    double listened = now(), scanned = 0;
    while (true) {
      wait_for_something();
      forward_errors();
      const double time = now();
      if (time - listened > 2) watch.supervisor_slept(time);
      listened = time;
      const int signal = read_signals();
      observe_mpirun(watch, time);
      observe_processes(watch, time);
      if (!watch.everybody_joined() && time - scanned > 0.1) {
        find_processes(watch);
        scanned = time;
      }
      watch.tick(time);
      if (watch.failure()) return end(*watch.failure(), kFailed);
      if (watch.succeeded()) break;
      if (signal != 0) return end(fmt::format("the job was ended by signal {}", signal), 128 + signal);
      if (options_.timeout > 0 && time - started > options_.timeout)
        return end(fmt::format("the job was ended after {} s, as --timeout says", options_.timeout), kTimedOut);
    }
    forward_errors();
    clean_up();
    return 0;
  }

 private:
  std::map<std::string, std::string> variables() const {
    std::string endpoints;
    for (const std::string& address : far_ ? addresses() : std::vector<std::string>{"127.0.0.1"})
      endpoints += fmt::format("{}{}:{}", endpoints.empty() ? "" : ",", address, reception_.port());
    std::map<std::string, std::string> result{
        {"SHOAL_SUPERVISOR", endpoints}, {"SHOAL_SUPERVISOR_SECRET", to_hex(secret_.key)}, {"SHOAL_JOB", secret_.job}};
    result.emplace("SHOAL_TERMINAL", ::isatty(STDOUT_FILENO) != 0 ? "1" : "0");
    return result;
  }

  void wait_for_something() const {
    std::vector<pollfd> polls{{signals_, POLLIN, 0}, {errors_, POLLIN, 0}};
    reception_.add_to(polls);
    ::poll(polls.data(), polls.size(), 100);
  }

  // What mpirun and all processes write to stderr; their stdout is our own.
  void forward_errors() {
    std::array<char, 1 << 14> buffer;
    while (errors_ >= 0) {
      const ssize_t n = ::read(errors_, buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return;
      print(n > 0 ? filter_->pass({buffer.data(), static_cast<std::size_t>(n)}) : filter_->rest());
      if (n > 0) continue;
      ::close(errors_);
      errors_ = -1;  // poll passes over it
    }
  }

  static void print(std::string_view text) {
    while (!text.empty()) {
      const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
      if (n < 0 && errno != EINTR && errno != EAGAIN) return;
      if (n > 0) text.remove_prefix(static_cast<std::size_t>(n));
    }
  }

  // The last signal that asks for the end, or 0.
  int read_signals() const {
    signalfd_siginfo info{};
    int asked = 0;
    while (::read(signals_, &info, sizeof info) == sizeof info)
      if (info.ssi_signo != SIGCHLD) asked = static_cast<int>(info.ssi_signo);
    return asked;
  }

  void observe_mpirun(JobWatch& watch, double time) {
    int status = 0;
    while (!mpirun_ended_ && ::waitpid(mpirun_, &status, WNOHANG | WUNTRACED | WCONTINUED) == mpirun_) {
      if (WIFSTOPPED(status)) watch.mpirun_stopped(time);
      if (WIFCONTINUED(status)) watch.mpirun_continued();
      mpirun_ended_ = WIFEXITED(status) || WIFSIGNALED(status);
      // What its processes said before it ended counts first.
      if (mpirun_ended_) observe_processes(watch, time);
      if (WIFEXITED(status)) watch.mpirun_exited(WEXITSTATUS(status));
      if (WIFSIGNALED(status)) watch.mpirun_killed(WTERMSIG(status));
    }
  }

  void observe_processes(JobWatch& watch, double time) {
    for (const auto& event : reception_.collect(time)) {
      switch (event.kind) {
        case Reception::Event::Kind::kJoined:
          watch.joined(event.place, event.hello.host, static_cast<int>(event.hello.pid), time);
          if (std::find(mpi_jobs_.begin(), mpi_jobs_.end(), event.hello.mpi_job) == mpi_jobs_.end())
            mpi_jobs_.push_back(event.hello.mpi_job);
          break;
        case Reception::Event::Kind::kClosed:
          watch.closed(event.place, time);
          break;
        case Reception::Event::Kind::kNote:
          if (event.note.kind == Note::Kind::kHeartbeat)
            watch.heard(event.place, activity_text(event.note.text, event.note.number), time);
          if (event.note.kind == Note::Kind::kGoodbye)
            watch.said_goodbye(event.place, static_cast<int>(event.note.number));
          if (event.note.kind == Note::Kind::kFailed) watch.said_failed(event.place, event.note.text, time);
          break;
      }
    }
  }

  // A process that dies before it has joined is known only from the table of processes, if it runs on this host.
  void find_processes(JobWatch& watch) {
    for (const HostProcess& process : processes_with("SHOAL_JOB", secret_.job)) {
      if (process.place < 0 || process.place >= options_.workers + options_.servers) continue;
      if (started_.emplace(process.place, process.pid).second) watch.seen(process.place, process.pid);
    }
    for (const auto& [place, pid] : started_)
      if (watch.waits_for(place)) {
        watch.seen_stopped(place, is_stopped(pid), now());
        if (!is_alive(pid)) gone_.push_back(place);
      }
    if (gone_.empty()) return;
    const double time = now();
    observe_mpirun(watch, time);     // it may have taken them with it
    observe_processes(watch, time);  // they may have joined and left in between
    for (const int place : gone_) watch.vanished(place, time);
    gone_.clear();
  }

  int end(const std::string& why, int exit_code) {
    log::write("", "shoal run: " + why);
    reception_.abort_all();
    // Processes that heard the word end at once; one that is stopped cannot hear.
    const double limit = now() + 0.5;
    while (now() < limit && !others().empty()) {
      forward_errors();
      ::usleep(20'000);
    }
    for (const int pid : others()) ::kill(pid, SIGKILL);
    // mpirun ends by itself after its last process; when asked to, it takes two seconds, on several hosts more.
    wait_for_mpirun(0.5);
    if (!mpirun_ended_)
      for (const int signal : {SIGTERM, SIGCONT}) ::kill(mpirun_, signal);
    wait_for_mpirun(far_ ? 6 : 3);
    if (!mpirun_ended_) ::kill(mpirun_, SIGKILL);
    wait_for_mpirun(1);
    for (const int pid : others()) ::kill(pid, SIGKILL);
    clean_up();
    return exit_code;
  }

  // The job's processes on this host, mpirun excepted.
  std::vector<int> others() const {
    std::vector<int> pids;
    for (const HostProcess& process : processes_with("SHOAL_JOB", secret_.job))
      if (process.pid != mpirun_ && is_alive(process.pid)) pids.push_back(process.pid);
    return pids;
  }

  void wait_for_mpirun(double seconds) {
    const double limit = now() + seconds;
    int status = 0;
    while (!mpirun_ended_ && now() < limit) {
      mpirun_ended_ = ::waitpid(mpirun_, &status, WNOHANG) == mpirun_;
      forward_errors();
      if (!mpirun_ended_) ::usleep(10'000);
    }
  }

  void clean_up() const { remove_leftovers(mpirun_, mpi_jobs_); }

  const RunOptions options_;
  const JobSecret secret_;
  const bool far_;
  Reception reception_;
  int signals_ = -1;
  int mpirun_ = -1, errors_ = -1;
  std::optional<NoiseFilter> filter_;
  bool mpirun_ended_ = false;
  std::map<int, int> started_;  // place to pid
  std::vector<int> gone_;
  std::vector<std::string> mpi_jobs_;
};

}  // namespace

int supervise(const RunOptions& options) { return Supervisor(options).run(); }

}  // namespace shoal::launcher
