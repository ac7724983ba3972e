#include "worker/run_context.h"

#include <cstdio>
#include <utility>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/io/shared_memory.h"
#include "worker/explanation.h"
#include "worker/remote_updater.h"
#include "worker/shared_updater.h"
#include "worker/summing_updater.h"

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
    const bool sums = !rule.is_null() && workers_apply(space);
    const UpdaterOptions options{.table = next_table_++,
                                 .rank = static_cast<std::uint32_t>(options_.rank),
                                 .workers = static_cast<std::uint32_t>(options_.workers),
                                 .spin = options_.spin};
    if (options_.transport != Transport::tcp) {
      std::string why;
      if (auto shared = sums ? make_shared_sums(space, rule, options, why)
                             : make_shared_updater(connection_, space, rule, options, why)) {
        print_plan(space, rule, options, true, sums);
        return shared;
      }
      if (options_.transport == Transport::shared_memory) raise("transport: shared memory cannot be had: {}", why);
      log::info("transport: no shared memory, which cannot be had: {}", why);
    }
    auto remote =
        sums ? make_remote_sums(space, rule, options) : make_remote_updater(connection_, space, rule, options);
    print_plan(space, rule, options, false, sums);
    return remote;
  }

  void barrier() override { client().barrier(); }
  void sum(std::span<double> values) override { client().sum(values); }
  std::string broadcast(const std::string& from_chief) override { return client().broadcast(from_chief); }
  std::vector<std::string> gather(const std::string& mine) override { return client().gather(mine); }

  void set_activity(const char* what, std::int64_t number) override {
    if (options_.set_activity) options_.set_activity(what, number);
  }

 private:
  using Updater = std::unique_ptr<train::ParameterUpdater>;
  ps::Client& client() { return *connection_->client; }

  bool workers_apply(const ParameterSpace& space) const {
    if (options_.update == Update::worker) return true;
    for (const ParameterSpace::Entry& entry : space.entries())
      if (entry.variable.constrained()) {
        log::info("update: by the workers, since weight '{}' has a constraint, and servers hold parts of weights",
                  entry.variable.path());
        return true;
      }
    return false;
  }

  // The sums come to lie in memory of their own, since all workers of the host read them.
  Updater make_shared_sums(const ParameterSpace& space, const nlohmann::json& rule, const UpdaterOptions& options,
                           std::string& why) {
    const Arena sums = arena_allocator()(space.weights().bytes);
    return applied_here(space, sums, rule,
                        make_shared_updater(connection_, space.over(sums, space.gradients()), nullptr, options, why));
  }

  // The answers replace the gradients.
  Updater make_remote_sums(const ParameterSpace& space, const nlohmann::json& rule, const UpdaterOptions& options) {
    const Arena& sums = space.gradients();
    return applied_here(space, sums, rule, make_remote_updater(connection_, space.over(sums, sums), nullptr, options));
  }

  Updater applied_here(const ParameterSpace& space, const Arena& sums, const nlohmann::json& rule, Updater adder) {
    if (!adder) return nullptr;
    return make_summing_updater(connection_, space, sums, rule, options_.rank == 0, std::move(adder));
  }

  void print_plan(const ParameterSpace& space, const nlohmann::json& rule, const UpdaterOptions& options, bool shared,
                  bool sums) const {
    if (options_.explain <= 0 || options_.rank != 0 || rule.is_null()) return;
    const std::string text = explain(space, *optim::make_rule(rule), options,
                                     {.servers = options_.servers,
                                      .colocated = options_.colocated,
                                      .shared = shared,
                                      .workers_apply = sums,
                                      .bits_per_second = options_.explain * 1e9,
                                      .memory_bytes_per_second = shared ? measure_memory_bandwidth() : 0});
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  const std::shared_ptr<Connection> connection_;
  const ContextOptions options_;
  std::uint64_t next_table_ = 1;  // equal on all workers, since all compile the same models in the same order
};

}  // namespace

std::unique_ptr<train::RunContext> make_run_context(std::shared_ptr<Connection> connection, ContextOptions options) {
  return std::make_unique<WorkerContext>(std::move(connection), std::move(options));
}

}  // namespace shoal::worker
