#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace shoal::launcher {

// Decides from what is seen of a job's processes whether it has failed and who failed first. No I/O and no clock: every
// event comes with its time, in seconds.
class JobWatch {
 public:
  static constexpr double kSilence = 10;    // without a heartbeat
  static constexpr double kStarting = 120;  // from mpirun's start to the first process's joining
  static constexpr double kJoining = 60;    // from the first process's joining to the last one's
  static constexpr double kEnding = 30;     // for mpirun to end after everybody's goodbye
  static constexpr double kGrace = 0.2;     // a closed connection may be mpirun's fault: wait for its exit code

  JobWatch(int workers, int servers, std::string host, int mpirun_pid, double now);

  // --- a process, by its place among all ---
  void seen(int place, int pid);                           // started here, not yet joined
  void seen_stopped(int place, bool stopped, double now);  // before it has joined: then it cannot speak for itself
  void joined(int place, const std::string& host, int pid, double now);
  void heard(int place, const std::string& activity, double now);
  void said_goodbye(int place, int exit_code);
  void said_failed(int place, const std::string& why, double now);
  void closed(int place, double now);
  void vanished(int place, double now);  // was seen, is no more, and never joined
  // --- mpirun ---
  void mpirun_exited(int exit_code);
  void mpirun_killed(int signal);
  void mpirun_stopped(double now);
  void mpirun_continued();

  void tick(double now);              // judges silence and what waited for its grace
  void supervisor_slept(double now);  // nobody is silent because the supervisor itself did not listen

  bool everybody_joined() const;
  bool waits_for(int place) const { return !processes_[static_cast<std::size_t>(place)].joined; }
  bool succeeded() const;  // everybody's goodbye with exit code 0, and mpirun's end
  const std::optional<std::string>& failure() const { return failure_; }  // "worker 1 (host a, pid 12) was lost ..."

 private:
  struct Process {
    std::string host;
    int pid = 0;
    std::string activity = "start";
    double heard = 0, stopped = -1;
    bool joined = false, left = false;
  };
  Process& at(int place) { return processes_[static_cast<std::size_t>(place)]; }
  std::string describe(int place) const;  // "worker 1 (host a, pid 12)"
  void fail(const std::string& line);
  void suspect(int place, const std::string& line, double now);
  bool everybody_left() const;

  const int workers_;
  const std::string host_;
  const int mpirun_pid_;
  std::vector<Process> processes_;
  std::optional<std::string> failure_, suspicion_;
  double started_, suspected_ = 0, first_joined_ = -1, all_left_ = -1, stopped_ = -1;
  bool mpirun_ended_ = false;
};

}  // namespace shoal::launcher
