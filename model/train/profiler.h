#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "model/plan/plan.h"

namespace shoal::train {

// Takes the time of a fit's steps and says where it went: per operation, what was waited for, and the rest.
class Profiler {
 public:
  using Clock = plan::Profile::Clock;

  // Null without a path. Throws ValueError when there is no plan (run_eagerly).
  static std::unique_ptr<Profiler> make(const std::string& path, plan::Plan* plan);
  Profiler(std::string path, plan::Plan& plan);
  ~Profiler();
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  // From any thread: a stretch of time outside of kernels; `what` lives on.
  void spent(const char* what, Clock::time_point begin, Clock::time_point end);

  // Writes the trace and gives the table.
  std::string finish();
  std::string table(double seconds, double peak_gflops) const;
  std::string trace() const;  // JSON

 private:
  struct Stretch {
    const char* what;
    Clock::time_point begin, end;
  };
  struct Sum {
    const char* what;
    double seconds;
  };

  const std::string path_;
  plan::Plan& plan_;
  plan::Profile profile_;
  const Clock::time_point start_ = Clock::now();
  mutable std::mutex mutex_;        // guards the following
  std::vector<Stretch> stretches_;  // of the traced runs
  std::vector<Sum> sums_;
};

}  // namespace shoal::train
