#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace shoal::plan {

// What a plan computes at one place.
struct NodeInfo {
  std::string scope, operation, shape;
  double operations = 0;  // floating-point, of one row of the batch where `by_rows`, else of the whole
  bool by_rows = false;
};

// Where the time of a plan's runs goes. Given to a plan, it takes the time of every kernel call; tasks that run at the
// same time write into lists of their own. Recording may allocate.
class Profile {
 public:
  using Clock = std::chrono::steady_clock;
  struct Event {
    int node = 0;  // of the plan's nodes()
    int task = 0;  // threads, as the plan counts them within one segment
    Clock::time_point begin, end;
  };
  struct Total {
    double seconds = 0;
    std::int64_t calls = 0;
  };

  // Keeps every call of the first `traced_runs` runs as an event, and totals of all runs.
  Profile(std::size_t nodes, int tasks, int traced_runs);

  void begin_run(std::int64_t rows);
  void record(int node, int task, Clock::time_point begin, Clock::time_point end);

  std::vector<Total> totals() const;  // by node
  std::vector<Event> events() const;  // in no order
  std::int64_t runs() const { return runs_; }
  std::int64_t rows() const { return rows_; }  // of all runs
  bool tracing() const { return runs_ <= traced_runs_; }

 private:
  struct alignas(64) Task {
    std::vector<Total> totals;
    std::vector<Event> events;
  };
  std::vector<Task> tasks_;
  const int traced_runs_;
  std::int64_t runs_ = 0, rows_ = 0;
};

}  // namespace shoal::plan
