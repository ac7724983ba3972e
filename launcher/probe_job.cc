#include "launcher/probe_job.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "common/base/digest.h"
#include "common/base/error.h"
#include "launcher/doctor/acceptor.h"
#include "launcher/mpirun.h"
#include "launcher/process_table.h"
#include "launcher/runtime/host.h"

namespace shoal::launcher {
namespace {

constexpr double kEndSeconds = 5, kTermSeconds = 4, kKillSeconds = 1;
constexpr std::size_t kMostErrors = 16 << 10;

bool passed(Deadline deadline) { return std::chrono::steady_clock::now() >= deadline; }

// One mpirun that runs, and what it has said.
struct Mpirun {
  Started started;
  int first_place = 0, places = 0;
  std::string errors;
  bool ended = false;
  int status = 0;

  void observe() {
    std::array<char, 4096> buffer;
    for (ssize_t n = 0; (n = ::read(started.errors, buffer.data(), buffer.size())) > 0;)
      if (errors.size() < kMostErrors) errors.append(buffer.data(), static_cast<std::size_t>(n));
    ended = ended || ::waitpid(started.pid, &status, WNOHANG) == started.pid;
  }
  std::string how() const {
    const std::string end = WIFSIGNALED(status) ? fmt::format("was killed by signal {}", WTERMSIG(status))
                                                : fmt::format("ended with exit code {}", WEXITSTATUS(status));
    const std::string why = first_complaint(errors);
    return fmt::format("mpirun {}{}{}", end, why.empty() ? "" : ": ", why);
  }
};

class Job : public ProbeJob {
 public:
  Job(const std::vector<Part>& parts, const std::string& hostfile)
      : far_(!hostfile.empty()), secret_(make_secret()), acceptor_(!far_, 0) {
    const std::string tool = std::filesystem::read_symlink("/proc/self/exe");
    try {
      for (const Part& part : parts) {
        RunOptions options{.workers = part.processes, .servers = 0, .hostfile = hostfile, .program = {tool}};
        options.program.insert(options.program.end(), part.arguments.begin(), part.arguments.end());
        MpirunCommand command = mpirun_command(options, variables(), ::geteuid() == 0);
        command.arguments.insert(command.arguments.begin() + 1, part.mpirun_options.begin(), part.mpirun_options.end());
        mpiruns_.push_back({launcher::start(command), places_, part.processes, "", false, 0});
        places_ += part.processes;
      }
    } catch (...) {
      end();
      throw;
    }
    failures_.resize(static_cast<std::size_t>(places_));
  }

  ~Job() override { end(); }

  std::vector<std::optional<Channel>> wait(double seconds) override {
    std::vector<std::optional<Channel>> channels(static_cast<std::size_t>(places_));
    const Deadline deadline = after(seconds);
    const auto open = [&](std::size_t place) { return !channels[place] && failures_[place].empty(); };
    int waiting = places_;
    while (waiting > 0 && !passed(deadline)) {
      if (auto caller = acceptor_.accept(secret_, 0.1))
        if (const auto place = static_cast<std::size_t>(caller->place()); place < channels.size() && open(place))
          channels[place] = std::move(caller);
      waiting = 0;
      for (Mpirun& mpirun : mpiruns_) {
        mpirun.observe();
        for (int place = mpirun.first_place; place < mpirun.first_place + mpirun.places; ++place) {
          if (!open(static_cast<std::size_t>(place))) continue;
          if (mpirun.ended) failures_[static_cast<std::size_t>(place)] = mpirun.how();
          waiting += mpirun.ended ? 0 : 1;
        }
      }
    }
    for (const Mpirun& mpirun : mpiruns_)
      for (int place = mpirun.first_place; place < mpirun.first_place + mpirun.places; ++place)
        if (open(static_cast<std::size_t>(place))) {
          const std::string said = first_complaint(mpirun.errors);
          failures_[static_cast<std::size_t>(place)] =
              fmt::format("no answer within {} s{}{}", seconds, said.empty() ? "" : ": ", said);
        }
    return channels;
  }

  const std::vector<std::string>& failures() const override { return failures_; }

  std::string complaint() override {
    for (Mpirun& mpirun : mpiruns_) {
      mpirun.observe();
      if (std::string text = first_complaint(mpirun.errors); !text.empty()) return text;
    }
    return "";
  }

 private:
  std::map<std::string, std::string> variables() const {
    std::string endpoints;
    for (const std::string& address : far_ ? addresses() : std::vector<std::string>{"127.0.0.1"})
      endpoints += fmt::format("{}{}:{}", endpoints.empty() ? "" : ",", address, acceptor_.port());
    return {
        {"SHOAL_SUPERVISOR", endpoints}, {"SHOAL_SUPERVISOR_SECRET", to_hex(secret_.key)}, {"SHOAL_JOB", secret_.job}};
  }

  bool all_ended(double seconds) {
    for (const Deadline deadline = after(seconds);; ::usleep(10'000)) {
      for (Mpirun& mpirun : mpiruns_) mpirun.observe();
      if (std::all_of(mpiruns_.begin(), mpiruns_.end(), [](const Mpirun& m) { return m.ended; })) return true;
      if (passed(deadline)) return false;
    }
  }

  void signal_all(int signal) const {
    for (const Mpirun& mpirun : mpiruns_)
      if (!mpirun.ended) ::kill(mpirun.started.pid, signal);
  }

  void end() {
    // Where nobody called, the probes were told nothing and mpirun may wait for a host for minutes.
    for (std::size_t i = 0; i < mpiruns_.size() && !failures_.empty(); ++i)
      if (!failures_[static_cast<std::size_t>(mpiruns_[i].first_place)].empty() && !mpiruns_[i].ended)
        ::kill(mpiruns_[i].started.pid, SIGTERM);
    bool over = all_ended(kEndSeconds);
    if (!over) signal_all(SIGTERM);
    over = over || all_ended(kTermSeconds);
    if (!over) signal_all(SIGKILL);
    all_ended(kKillSeconds);
    // Such as an ssh that still waits for a host.
    for (const HostProcess& process : processes_with("SHOAL_JOB", secret_.job)) ::kill(process.pid, SIGKILL);
    for (const Mpirun& mpirun : mpiruns_) {
      ::close(mpirun.started.errors);
      remove_leftovers(mpirun.started.pid, {});
    }
  }

  const bool far_;
  const JobSecret secret_;
  Acceptor acceptor_;
  std::vector<Mpirun> mpiruns_;
  int places_ = 0;
  std::vector<std::string> failures_;
};

}  // namespace

std::unique_ptr<ProbeJob> ProbeJob::start(const std::vector<Part>& parts, const std::string& hostfile) {
  return std::make_unique<Job>(parts, hostfile);
}

std::string first_complaint(const std::string& errors) {
  constexpr std::size_t kMost = 240;
  std::istringstream lines(errors);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.starts_with("Warning: Permanently added")) continue;
    if (line.find_first_not_of("-=*# ") == std::string::npos) {
      if (text.empty()) continue;
      break;
    }
    text += fmt::format("{}{}", text.empty() ? "" : " ", line.substr(line.find_first_not_of(' ')));
  }
  return text.size() <= kMost ? text : text.substr(0, kMost) + " ...";
}

}  // namespace shoal::launcher
