#include "worker/run_context.h"

#include <utility>

#include "worker/remote_updater.h"

namespace shoal::worker {
namespace {

class WorkerContext : public train::RunContext {
 public:
  WorkerContext(std::shared_ptr<Connection> connection, ContextOptions options)
      : connection_(std::move(connection)), options_(std::move(options)) {}

  int rank() const override { return options_.rank; }
  int workers() const override { return options_.workers; }
  int threads() const override { return options_.threads; }
  ArenaAllocator arena_allocator() override { return heap_arena; }

  std::unique_ptr<train::ParameterUpdater> make_updater(const ParameterSpace& space,
                                                        const nlohmann::json& rule) override {
    return make_remote_updater(connection_, space, rule, {.table = next_table_++, .chief = is_chief()});
  }

  void barrier() override { client().barrier(); }
  void sum(std::span<double> values) override { client().sum(values); }
  std::string broadcast(const std::string& from_chief) override { return client().broadcast(from_chief); }
  std::vector<std::string> gather(const std::string& mine) override { return client().gather(mine); }

  void set_activity(const char* what, std::int64_t number) override {
    if (options_.set_activity) options_.set_activity(what, number);
  }

 private:
  ps::Client& client() { return *connection_->client; }

  const std::shared_ptr<Connection> connection_;
  const ContextOptions options_;
  std::uint64_t next_table_ = 1;  // equal on all workers, since all compile the same models in the same order
};

}  // namespace

std::unique_ptr<train::RunContext> make_run_context(std::shared_ptr<Connection> connection, ContextOptions options) {
  return std::make_unique<WorkerContext>(std::move(connection), std::move(options));
}

}  // namespace shoal::worker
