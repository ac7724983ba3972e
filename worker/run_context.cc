#include "worker/run_context.h"

#include <utility>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/io/shared_memory.h"
#include "worker/remote_updater.h"
#include "worker/shared_updater.h"

namespace shoal::worker {
namespace {

class WorkerContext : public train::RunContext {
 public:
  WorkerContext(std::shared_ptr<Connection> connection, ContextOptions options)
      : connection_(std::move(connection)), options_(std::move(options)) {}

  int rank() const override { return options_.rank; }
  int workers() const override { return options_.workers; }
  int threads() const override { return options_.threads; }
  ArenaAllocator arena_allocator() override {
    return [](std::size_t bytes) { return Arena{io::allocate_pages(bytes), bytes}; };
  }

  std::unique_ptr<train::ParameterUpdater> make_updater(const ParameterSpace& space,
                                                        const nlohmann::json& rule) override {
    for (const char* key : {"clipnorm", "global_clipnorm"})
      if (rule.contains(key) && !rule[key].is_null())
        raise(
            "optimizer {}: {} is not supported with parameter servers, since each holds parts of the gradients; "
            "received {} (clipvalue works)",
            rule.value("class_name", ""), key, rule[key].dump());
    const UpdaterOptions options{.table = next_table_++,
                                 .rank = static_cast<std::uint32_t>(options_.rank),
                                 .workers = static_cast<std::uint32_t>(options_.workers),
                                 .spin = options_.spin};
    if (options_.transport != Transport::tcp) {
      std::string why;
      if (auto shared = make_shared_updater(connection_, space, rule, options, why)) return shared;
      if (options_.transport == Transport::shared_memory) raise("transport: shared memory cannot be had: {}", why);
      log::info("transport: TCP, since shared memory cannot be had: {}", why);
    }
    return make_remote_updater(connection_, space, rule, options);
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
