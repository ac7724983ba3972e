#include "model/train/profiler.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>

#include "common/base/error.h"
#include "common/io/atomic_file.h"
#include "model/kernels/peak.h"
#include "model/train/run_context.h"

namespace shoal::train {
namespace {

constexpr int kTracedSteps = 20;
constexpr std::size_t kRows = 30;  // of the table

double microseconds(Profiler::Clock::duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

// The chief's file has the name; another worker's says whose it is.
std::string own_path(const std::string& path) {
  if (run_context().is_chief()) return path;
  const std::filesystem::path whole(path);
  const std::string name =
      fmt::format("{}.worker{}{}", whole.stem().string(), run_context().rank(), whole.extension().string());
  return (whole.parent_path() / name).string();
}

}  // namespace

std::unique_ptr<Profiler> Profiler::make(const std::string& path, plan::Plan* plan) {
  const char* variable = std::getenv("SHOAL_PROFILE");
  const std::string chosen = path.empty() && variable != nullptr ? variable : path;
  if (chosen.empty()) return nullptr;
  if (plan == nullptr) raise("fit: profile takes the time of a traced step; it cannot be used with run_eagerly");
  return std::make_unique<Profiler>(own_path(chosen), *plan);
}

Profiler::Profiler(std::string path, plan::Plan& plan)
    : path_(std::move(path)), plan_(plan), profile_(plan.nodes().size(), plan.tasks(), kTracedSteps) {
  plan_.set_profile(&profile_);
}

Profiler::~Profiler() { plan_.set_profile(nullptr); }

void Profiler::spent(const char* what, Clock::time_point begin, Clock::time_point end) {
  const std::lock_guard lock(mutex_);
  auto sum = std::find_if(sums_.begin(), sums_.end(), [&](const Sum& s) { return s.what == what; });
  if (sum == sums_.end()) sum = sums_.insert(sum, {what, 0});
  sum->seconds += std::chrono::duration<double>(end - begin).count();
  if (profile_.tracing()) stretches_.push_back({what, begin, end});
}

std::string Profiler::finish() {
  const double seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  io::AtomicFile target(path_);
  std::ofstream file(target.temporary());
  file << trace() << '\n';
  if (!file.flush()) raise<IoError>("{}: cannot be written", path_);
  target.commit();
  return table(seconds, kernels::peak_gflops(1));
}

std::string Profiler::table(double seconds, double peak_gflops) const {
  const auto nodes = plan_.nodes();
  const auto totals = profile_.totals();
  const auto steps = static_cast<double>(std::max<std::int64_t>(profile_.runs(), 1));
  std::string text = fmt::format(
      "Profile of {} steps: {:.3f} ms a step, {} threads, peak {:.0f} GFLOP/s a thread. Times are of all threads "
      "together.\n{:<30} {:<24} {:<20} {:>9} {:>7} {:>8}\n",
      profile_.runs(), seconds / steps * 1e3, plan_.tasks(), peak_gflops, "operation", "layer", "shape", "ms/step",
      "share", "of peak");
  const double available = seconds * plan_.tasks();
  const auto line = [&](const std::string& what, const std::string& layer, const std::string& shape, double spent,
                        double operations) {
    text += fmt::format("{:<30} {:<24} {:<20} {:>9.4f} {:>6.1f}%", what, layer, shape, spent / steps * 1e3,
                        100 * spent / available);
    if (operations > 0) text += fmt::format(" {:>8.2f}", operations * 1e-9 / spent / peak_gflops);
    text += '\n';
  };
  std::vector<std::size_t> order(nodes.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return totals[a].seconds > totals[b].seconds; });
  double known = 0, others = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& total = totals[order[i]];
    if (total.calls == 0) break;
    const auto& node = nodes[order[i]];
    known += total.seconds;
    const double times = static_cast<double>(node.by_rows ? profile_.rows() : profile_.runs());
    if (i < kRows)
      line(node.operation, node.scope, node.shape, total.seconds, node.operations * times);
    else
      others += total.seconds;
  }
  if (others > 0) line("other operations", "", "", others, 0);
  const std::lock_guard lock(mutex_);
  for (const Sum& sum : sums_) {
    known += sum.seconds;
    line(sum.what, "", "", sum.seconds, 0);
  }
  line("everything else, and idle", "", "", std::max(available - known, 0.0), 0);
  return text;
}

std::string Profiler::trace() const {
  const auto nodes = plan_.nodes();
  nlohmann::json events = nlohmann::json::array();
  const auto add = [&](const std::string& name, const std::string& layer, int task, Clock::time_point begin,
                       Clock::time_point end) {
    events.push_back({{"name", name},
                      {"cat", layer},
                      {"ph", "X"},
                      {"ts", microseconds(begin.time_since_epoch())},
                      {"dur", microseconds(end - begin)},
                      {"pid", run_context().rank()},
                      {"tid", task}});
  };
  for (const auto& event : profile_.events()) {
    const auto& node = nodes[static_cast<std::size_t>(event.node)];
    add(node.operation, node.scope, event.task, event.begin, event.end);
  }
  const std::lock_guard lock(mutex_);
  for (const Stretch& stretch : stretches_) add(stretch.what, "wait", plan_.tasks(), stretch.begin, stretch.end);
  return nlohmann::json{{"traceEvents", events}, {"displayTimeUnit", "ms"}}.dump();
}

}  // namespace shoal::train
