#include "model/train/run_context.h"

#include "model/plan/thread_pool.h"
#include "model/train/local_updater.h"

namespace shoal::train {
namespace {

// One process that trains for itself.
class Alone : public RunContext {
 public:
  int rank() const override { return 0; }
  int workers() const override { return 1; }
  int threads() const override { return plan::ThreadPool::global().threads(); }
  ArenaAllocator arena_allocator() override { return heap_arena; }
  std::unique_ptr<ParameterUpdater> make_updater(const ParameterSpace& space, const nlohmann::json& rule) override {
    return make_local_updater(space, rule);
  }
  void barrier() override {}
  void sum(std::span<double>) override {}
  std::string broadcast(const std::string& from_chief) override { return from_chief; }
  std::vector<std::string> gather(const std::string& mine) override { return {mine}; }
  void set_activity(const char*, std::int64_t) override {}
};

std::unique_ptr<RunContext>& installed() {
  static std::unique_ptr<RunContext> context;
  return context;
}

}  // namespace

RunContext& run_context() {
  static Alone alone;
  return installed() ? *installed() : alone;
}

void set_run_context(std::unique_ptr<RunContext> context) { installed() = std::move(context); }

}  // namespace shoal::train
