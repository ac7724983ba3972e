#include "worker/shared_updater.h"

#include <chrono>
#include <cstring>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/io/shared_memory.h"
#include "common/optim/tile_board.h"
#include "model/plan/thread_pool.h"

namespace shoal::worker {
namespace {

using Clock = std::chrono::steady_clock;

// Waking a sleeping processor costs about 20 us: so long it pays to look again and again, where nobody else wants it.
constexpr auto kSpin = std::chrono::microseconds(20);
constexpr int kSleepMilliseconds = 100;  // between two looks at whether the job still lives

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

class SharedUpdater : public train::ParameterUpdater {
 public:
  SharedUpdater(std::shared_ptr<Connection> connection, const ParameterSpace& space, const UpdaterOptions& options,
                io::SharedMemory memory, optim::TileLayout layout, std::shared_ptr<const optim::Rule> rule)
      : connection_(std::move(connection)),
        client_(*connection_->client),
        space_(space),
        options_(options),
        memory_(std::move(memory)),
        board_(memory_.data(), std::move(layout), std::move(rule)),
        rounds_(space.entries().size()) {
    memory_.map_over(space_.gradients().memory.get(), board_.layout().gradients(options_.rank), arena_bytes());
  }

  ~SharedUpdater() override {
    if (mapped_) io::make_private(weights(), arena_bytes());
    io::make_private(space_.gradients().memory.get(), arena_bytes());
  }

  void begin_step(const optim::Step& step) override {
    step_ = step;
    help(0);
  }
  void before_forward(int variable) override { wait_for(static_cast<std::size_t>(variable)); }
  void before_gradient_write(int variable) override { wait_for(static_cast<std::size_t>(variable)); }

  void gradient_ready(int variable) override {
    const auto v = static_cast<std::size_t>(variable);
    ++rounds_[v];
    const bool last = board_.announce(options_.rank, v, step_);
    // Who is ahead of the others has time to do their common work; alone, the gradient is still in the cache.
    if (!last || options_.workers == 1) help(v);
  }

  void step_done() override {}

  void all_current() override {
    for (std::size_t v = 0; v < rounds_.size(); ++v) wait_for(v);
    client_.check();
  }

  void release_weights() override {
    all_current();
    if (std::exchange(mapped_, false)) io::make_private(weights(), arena_bytes());
  }

  void publish_weights() override {
    release_weights();
    client_.barrier();  // nobody reads the shared weights now
    if (options_.rank == 0) std::memcpy(memory_.data() + board_.layout().weights(), weights(), arena_bytes());
    client_.barrier();
    memory_.map_over(weights(), board_.layout().weights(), arena_bytes());
    mapped_ = true;
  }

  void read_slot(int variable, int slot, void* out) override {
    const auto at = place(variable, slot);
    std::memcpy(out, at.data(), at.size());
  }
  void write_slot(int variable, int slot, const void* values) override {
    const auto at = place(variable, slot);
    std::memcpy(at.data(), values, at.size());
  }

 private:
  std::size_t arena_bytes() const { return space_.elements() * size_of(space_.dtype()); }
  void* weights() const { return space_.weights().memory.get(); }

  std::span<std::byte> place(int variable, int slot) {
    if (variable < 0 || static_cast<std::size_t>(variable) >= rounds_.size() || slot < 0 ||
        slot >= board_.layout().slots)
      raise<InternalError>("optimizer state: there is no slot {} of variable {}", slot, variable);
    const auto& entry = space_.entries()[static_cast<std::size_t>(variable)];
    const std::size_t unit = size_of(space_.dtype());
    return {memory_.data() + board_.layout().slot(slot) + entry.offset * unit, entry.size * unit};
  }

  // Everything that can be done now, on all threads of the pool when it is much. For the training thread alone.
  void help(std::size_t first) {
    constexpr int kFew = 2;  // tiles: less than it takes to call the pool
    for (int i = 0; i < kFew; ++i)
      if (!board_.help(first)) return;
    auto& pool = plan::ThreadPool::global();
    const auto task = [&](std::size_t, int) {
      while (board_.help(first)) {
      }
    };
    if (pool.threads() == 1)
      task(0, 0);
    else
      pool.run(static_cast<std::size_t>(pool.threads()), task);
  }

  void wait_for(std::size_t variable) {
    while (!board_.current(variable, rounds_[variable])) {
      const std::uint32_t seen = board_.seen();
      if (board_.help(variable) || board_.current(variable, rounds_[variable]) || spin(seen)) continue;
      board_.sleep(seen, kSleepMilliseconds);
      client_.check();
    }
  }

  // True when something happened.
  bool spin(std::uint32_t seen) const {
    if (!options_.spin) return false;
    for (const auto until = Clock::now() + kSpin; Clock::now() < until; pause())
      if (board_.seen() != seen) return true;
    return false;
  }

  const std::shared_ptr<Connection> connection_;
  ps::Client& client_;
  const ParameterSpace space_;  // keeps the arenas
  const UpdaterOptions options_;
  io::SharedMemory memory_;
  optim::TileBoard board_;
  std::vector<std::int64_t> rounds_;  // by variable: announced by this worker
  optim::Step step_;
  bool mapped_ = false;  // the weight arena is the shared one
};

optim::TileLayout layout_of(const ParameterSpace& space, std::uint32_t workers, int slots) {
  optim::TileLayout layout{.variables = {},
                           .elements = space.elements(),
                           .element_bytes = size_of(space.dtype()),
                           .workers = workers,
                           .slots = slots};
  for (const auto& entry : space.entries()) layout.variables.push_back({entry.offset, entry.size});
  return layout;
}

// What the chief tells the others: the memory, or nothing when it cannot be had.
std::string encode(const io::SharedMemory::Handle& handle) {
  return fmt::format("{} {} {}", handle.process, handle.descriptor, handle.bytes);
}

std::optional<io::SharedMemory> map(const std::string& text) {
  io::SharedMemory::Handle handle;
  if (!(std::istringstream(text) >> handle.process >> handle.descriptor >> handle.bytes)) return {};
  return io::SharedMemory::open(handle);
}

}  // namespace

std::unique_ptr<train::ParameterUpdater> make_shared_updater(std::shared_ptr<Connection> connection,
                                                             const ParameterSpace& space, const nlohmann::json& config,
                                                             const UpdaterOptions& options, std::string& why) {
  ps::Client& client = *connection->client;
  client.open_table(table_spec(space, config, options));
  const std::shared_ptr<const optim::Rule> rule = optim::make_rule(config);
  const optim::TileLayout layout = layout_of(space, options.workers, rule->slots());
  const bool chief = options.rank == 0;
  std::optional<io::SharedMemory> memory;
  std::string trouble;  // of this process
  if (!io::are_pages(space.weights().memory.get()) || !io::are_pages(space.gradients().memory.get()))
    trouble = "the model was built before its Runtime";
  if (chief && trouble.empty()) {
    try {
      memory = io::SharedMemory::create(layout.bytes());
      optim::TileBoard::create(memory->data(), layout, *rule);
    } catch (const IoError& error) {
      trouble = error.what();
    }
  }
  const std::string told = client.broadcast(memory ? encode(memory->handle()) : "");
  if (!chief && trouble.empty()) {
    try {
      memory = map(told);
    } catch (const IoError& error) {
      trouble = error.what();
    }
  }
  if (chief && memory) {
    ps::Client::Share share{.process = memory->handle().process,
                            .descriptor = memory->handle().descriptor,
                            .bytes = memory->bytes(),
                            .elements = layout.elements};
    for (const auto& variable : layout.variables) share.variable_offsets.push_back(variable.offset);
    try {
      client.share_table(options.table, share);
    } catch (const Error& error) {
      trouble = error.what();
    }
  }
  std::vector<std::string> troubles = client.gather(trouble);
  std::string all;
  for (std::size_t rank = 0; rank < troubles.size(); ++rank)
    if (!troubles[rank].empty() && all.empty()) all = fmt::format("worker {}: {}", rank, troubles[rank]);
  why = client.broadcast(all);
  if (why.empty() && memory)
    return std::make_unique<SharedUpdater>(std::move(connection), space, options, std::move(*memory), layout, rule);
  if (chief && memory) client.share_table(options.table, {});
  client.barrier();  // the table is back before anybody uses it
  return nullptr;
}

}  // namespace shoal::worker
