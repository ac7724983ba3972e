#include "model/plan/profile.h"

namespace shoal::plan {

Profile::Profile(std::size_t nodes, int tasks, int traced_runs)
    : tasks_(static_cast<std::size_t>(tasks)), traced_runs_(traced_runs) {
  for (Task& task : tasks_) task.totals.resize(nodes);
}

void Profile::begin_run(std::int64_t rows) {
  ++runs_;
  rows_ += rows;
}

void Profile::record(int node, int task, Clock::time_point begin, Clock::time_point end) {
  Task& mine = tasks_[static_cast<std::size_t>(task)];
  Total& total = mine.totals[static_cast<std::size_t>(node)];
  total.seconds += std::chrono::duration<double>(end - begin).count();
  ++total.calls;
  if (tracing()) mine.events.push_back({node, task, begin, end});
}

std::vector<Profile::Total> Profile::totals() const {
  std::vector<Total> sum(tasks_.empty() ? 0 : tasks_[0].totals.size());
  for (const Task& task : tasks_)
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i].seconds += task.totals[i].seconds;
      sum[i].calls += task.totals[i].calls;
    }
  return sum;
}

std::vector<Profile::Event> Profile::events() const {
  std::vector<Event> all;
  for (const Task& task : tasks_) all.insert(all.end(), task.events.begin(), task.events.end());
  return all;
}

}  // namespace shoal::plan
