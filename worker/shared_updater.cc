#include "worker/shared_updater.h"

#include <algorithm>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/io/shared_memory.h"
#include "common/optim/piece_ring.h"
#include "common/optim/tile_board.h"
#include "worker/halved_updater.h"
#include "worker/shared_arenas.h"
#include "worker/tile_work.h"

namespace shoal::worker {
namespace {

// Behind what the servers know of the memory; none where it would not be used.
std::optional<optim::PieceRingLayout> ring_of(const optim::TileLayout& layout, const UpdaterOptions& options) {
  const auto large = [&](const auto& variable) { return variable.size * layout.element_bytes >= options.large_bytes; };
  if (layout.workers == 1 || layout.halves || std::ranges::none_of(layout.variables, large)) return {};
  return optim::PieceRingLayout{.workers = layout.workers, .variables = layout.variables.size()};
}

class SharedUpdater : public train::ParameterUpdater {
 public:
  SharedUpdater(std::shared_ptr<Connection> connection, const ParameterSpace& space, const UpdaterOptions& options,
                io::SharedMemory memory, optim::TileLayout layout, std::shared_ptr<const optim::Rule> rule)
      : connection_(std::move(connection)),
        client_(*connection_->client),
        options_(options),
        arenas_(client_, space, std::move(memory), std::move(layout), options.rank),
        work_(optim::TileBoard(arenas_.memory(), arenas_.layout(), std::move(rule)), client_, options.spin),
        rounds_(space.entries().size()),
        part_elements_(space.entries().size()) {
    if (const auto ring = ring_of(arenas_.layout(), options_))
      ring_.emplace(arenas_.memory() + arenas_.layout().bytes(), *ring, work_.board(), options_.rank);
  }

  void begin_step(const optim::Step& step) override {
    step_ = step;
    std::ranges::fill(part_elements_, std::int64_t{0});
    help_with_pieces();
    work_.help(0);
  }
  void before_forward(int variable) override { wait_for(static_cast<std::size_t>(variable)); }
  void before_gradient_write(int variable) override {
    const auto v = static_cast<std::size_t>(variable);
    wait_for(v);
    if (part_elements_[v] > 0) ring_->open(v, static_cast<std::size_t>(part_elements_[v]), step_);
  }

  void gradient_ready(int variable) override {
    const auto v = static_cast<std::size_t>(variable);
    ++rounds_[v];
    const bool last = work_.board().announce(options_.rank, v, step_);
    // Who is ahead of the others has time to do their common work; alone, the gradient is still in the cache.
    if (!last || options_.workers == 1) work_.help(v);
  }

  bool takes_parts(int variable, std::int64_t part_elements) override {
    const auto v = static_cast<std::size_t>(variable);
    const std::size_t unit = size_of(arenas_.space().dtype());
    if (!ring_ || arenas_.space().entries()[v].size * unit < options_.large_bytes) return false;
    if (static_cast<std::size_t>(part_elements) * unit > optim::PieceRingLayout().slot_bytes) return false;
    part_elements_[v] = part_elements;
    return true;
  }
  void gradient_part(int variable, std::int64_t begin, std::int64_t count, const void* values) override {
    const auto deliver = [&] {
      return ring_->deliver(static_cast<std::size_t>(variable), static_cast<std::size_t>(begin),
                            static_cast<std::size_t>(count), static_cast<const std::byte*>(values));
    };
    work_.wait_until(deliver, [&] { return ring_->help(true) || work_.board().help(0); });
    help_with_pieces();
  }

  void* part_place(int variable, std::int64_t begin) override {
    std::byte* place = nullptr;
    const auto found = [&] {
      place = ring_->place(static_cast<std::size_t>(variable), static_cast<std::size_t>(begin));
      return place != nullptr;
    };
    work_.wait_until(found, [&] { return ring_->help(true) || work_.board().help(0); });
    return place;
  }

  void step_done() override { help_with_pieces(); }

  void all_current() override {
    for (std::size_t v = 0; v < rounds_.size(); ++v) wait_for(v);
    client_.check();
  }

  void release_weights() override {
    all_current();
    arenas_.release();
  }
  void publish_weights() override {
    release_weights();
    arenas_.publish();
  }
  void read_slot(int variable, int slot, void* out) override { arenas_.read_slot(variable, slot, out); }
  void write_slot(int variable, int slot, const void* values) override { arenas_.write_slot(variable, slot, values); }

 private:
  void help_with_pieces() {
    while (ring_ && ring_->help(false)) {
    }
  }

  void wait_for(std::size_t variable) {
    if (!ring_) return work_.wait_for(variable, rounds_[variable]);
    const auto current = [&] { return ring_->current(variable) && work_.board().current(variable, rounds_[variable]); };
    work_.wait_until(current, [&] { return ring_->help(true) || work_.board().help(variable); });
  }

  const std::shared_ptr<Connection> connection_;
  ps::Client& client_;
  const UpdaterOptions options_;
  SharedArenas arenas_;
  TileWork work_;
  std::optional<optim::PieceRing> ring_;
  std::vector<std::int64_t> rounds_;         // by variable: announced by this worker
  std::vector<std::int64_t> part_elements_;  // by variable, in this step: 0 where the gradient comes whole
  optim::Step step_;
};

optim::TileLayout layout_of(const ParameterSpace& space, std::uint32_t workers, const optim::Rule* rule) {
  optim::TileLayout layout{.variables = {},
                           .elements = space.elements(),
                           .element_bytes = size_of(space.dtype()),
                           .workers = workers,
                           .slots = rule != nullptr ? rule->slots() : 0,
                           .halves = rule != nullptr && rule->common().needs_norms()};
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

std::size_t shared_memory_bytes(const ParameterSpace& space, const optim::Rule* rule, const UpdaterOptions& options) {
  const optim::TileLayout layout = layout_of(space, options.workers, rule);
  const auto ring = ring_of(layout, options);
  return layout.bytes() + (ring ? ring->bytes() : 0);
}

std::unique_ptr<train::ParameterUpdater> make_shared_updater(std::shared_ptr<Connection> connection,
                                                             const ParameterSpace& space, const nlohmann::json& config,
                                                             const UpdaterOptions& options, std::string& why) {
  ps::Client& client = *connection->client;
  client.open_table(table_spec(space, config, options));
  std::shared_ptr<const optim::Rule> rule;
  if (!config.is_null()) rule = optim::make_rule(config);
  const optim::TileLayout layout = layout_of(space, options.workers, rule.get());
  const bool chief = options.rank == 0;
  std::optional<io::SharedMemory> memory;
  std::string trouble;  // of this process
  if (!io::are_pages(space.weights().memory.get()) || !io::are_pages(space.gradients().memory.get()))
    trouble = "the model was built before its Runtime";
  if (chief && trouble.empty()) {
    try {
      memory = io::SharedMemory::create(shared_memory_bytes(space, rule.get(), options));
      if (rule) optim::TileBoard::create(memory->data(), layout, *rule);
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
  if (why.empty() && memory && layout.halves)
    return make_halved_updater(std::move(connection), space, options, std::move(*memory), layout, rule);
  if (why.empty() && memory)
    return std::make_unique<SharedUpdater>(std::move(connection), space, options, std::move(*memory), layout, rule);
  if (chief && memory) client.share_table(options.table, {});
  client.barrier();  // the table is back before anybody uses it
  return nullptr;
}

}  // namespace shoal::worker
