#include "launcher/job_watch.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace shoal::launcher {

JobWatch::JobWatch(int workers, int servers, std::string host, int mpirun_pid, double now)
    : workers_(workers),
      host_(std::move(host)),
      mpirun_pid_(mpirun_pid),
      processes_(static_cast<std::size_t>(workers + servers)),
      started_(now) {}

std::string JobWatch::describe(int place) const {
  const Process& process = processes_[static_cast<std::size_t>(place)];
  const std::string name =
      place < workers_ ? fmt::format("worker {}", place) : fmt::format("server {}", place - workers_);
  return process.pid == 0 ? name : fmt::format("{} (host {}, pid {})", name, process.host, process.pid);
}

void JobWatch::fail(const std::string& line) {
  if (!failure_) failure_ = line;
}

void JobWatch::suspect(int place, const std::string& line, double now) {
  Process& process = at(place);
  if (process.left) return;
  process.left = true;
  if (!suspicion_) {
    suspicion_ = line;
    suspected_ = now;
  }
}

void JobWatch::seen(int place, int pid) {
  if (at(place).joined) return;
  at(place).pid = pid;
  at(place).host = host_;
}

void JobWatch::seen_stopped(int place, bool stopped, double now) {
  Process& process = at(place);
  if (!stopped || process.joined) {
    process.stopped = -1;
  } else if (process.stopped < 0) {
    process.stopped = now;
  }
}

void JobWatch::joined(int place, const std::string& host, int pid, double now) {
  at(place) = {.host = host, .pid = pid, .activity = "start", .heard = now, .joined = true};
  if (first_joined_ < 0) first_joined_ = now;
}

void JobWatch::heard(int place, const std::string& activity, double now) {
  at(place).activity = activity;
  at(place).heard = now;
}

void JobWatch::said_goodbye(int place, int exit_code) {
  at(place).left = true;
  if (exit_code != 0) fail(fmt::format("{} ended with exit code {}", describe(place), exit_code));
}

void JobWatch::said_failed(int place, const std::string& why, double now) {
  suspect(place, fmt::format("{} failed while at {}: {}", describe(place), at(place).activity, why), now);
}

void JobWatch::closed(int place, double now) {
  suspect(place,
          fmt::format("{} was lost while at {}: its connection closed (killed, or ended without goodbye)",
                      describe(place), at(place).activity),
          now);
}

void JobWatch::vanished(int place, double now) {
  if (at(place).joined) return;
  suspect(place, fmt::format("{} was lost while at start: it ended before its Runtime began", describe(place)), now);
}

void JobWatch::mpirun_exited(int exit_code) {
  mpirun_ended_ = true;
  if (everybody_left()) return;
  if (suspicion_) fail(*suspicion_);
  for (int place = 0; place < static_cast<int>(processes_.size()); ++place) {
    if (at(place).joined) continue;
    fail(fmt::format("mpirun ended with exit code {} before {} had begun its Runtime", exit_code, describe(place)));
    return;
  }
  fail(fmt::format("mpirun (host {}, pid {}) ended with exit code {} while the job was at {}", host_, mpirun_pid_,
                   exit_code, at(0).activity));
}

void JobWatch::mpirun_killed(int signal) {
  mpirun_ended_ = true;
  fail(fmt::format("mpirun (host {}, pid {}) was lost while the job was at {}: killed by signal {}", host_, mpirun_pid_,
                   at(0).activity, signal));
}

void JobWatch::mpirun_stopped(double now) { stopped_ = now; }
void JobWatch::mpirun_continued() { stopped_ = -1; }

void JobWatch::supervisor_slept(double now) {
  for (Process& process : processes_) process.heard = now;
}

void JobWatch::tick(double now) {
  if (suspicion_ && now - suspected_ >= kGrace) fail(*suspicion_);
  if (stopped_ >= 0 && now - stopped_ >= kSilence)
    fail(fmt::format("mpirun (host {}, pid {}) was lost while the job was at {}: stopped for {} s", host_, mpirun_pid_,
                     at(0).activity, kSilence));
  if (first_joined_ < 0 && now - started_ >= kStarting)
    fail(fmt::format("no process began its Runtime within {} s", kStarting));
  // Of several silent ones, the one that fell silent first.
  int silent = -1;
  for (int place = 0; place < static_cast<int>(processes_.size()); ++place) {
    const Process& process = at(place);
    if (process.joined && !process.left && now - process.heard >= kSilence &&
        (silent < 0 || process.heard < at(silent).heard))
      silent = place;
    if (!process.joined && process.stopped >= 0 && now - process.stopped >= kSilence)
      fail(fmt::format("{} was lost while at {}: stopped for {} s", describe(place), process.activity, kSilence));
    if (!process.joined && first_joined_ >= 0 && now - first_joined_ >= kJoining)
      fail(fmt::format("{} did not begin its Runtime within {} s of the first process", describe(place), kJoining));
  }
  if (silent >= 0)
    fail(fmt::format("{} was lost while at {}: silent for {} s", describe(silent), at(silent).activity, kSilence));
  if (everybody_left() && !mpirun_ended_) {
    if (all_left_ < 0) all_left_ = now;
    if (now - all_left_ >= kEnding)
      fail(fmt::format("mpirun (host {}, pid {}) did not end within {} s of everybody's goodbye", host_, mpirun_pid_,
                       kEnding));
  }
}

bool JobWatch::everybody_joined() const {
  return std::all_of(processes_.begin(), processes_.end(), [](const Process& p) { return p.joined; });
}
bool JobWatch::everybody_left() const {
  return !suspicion_ &&
         std::all_of(processes_.begin(), processes_.end(), [](const Process& p) { return p.joined && p.left; });
}
bool JobWatch::succeeded() const { return !failure_ && mpirun_ended_ && everybody_left(); }

}  // namespace shoal::launcher
