#include "worker/summing_updater.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <utility>
#include <vector>

#include "common/optim/rule.h"
#include "model/train/local_updater.h"

namespace shoal::worker {
namespace {

class SummingUpdater final : public train::ParameterUpdater {
 public:
  SummingUpdater(std::shared_ptr<Connection> connection, const ParameterSpace& space, const Arena& sums,
                 const nlohmann::json& rule, bool chief, std::unique_ptr<train::ParameterUpdater> adder)
      : connection_(std::move(connection)),
        chief_(chief),
        summed_(space.over(space.weights(), sums)),
        adder_(std::move(adder)),
        local_(train::make_local_updater(summed_, rule)),
        slots_(optim::make_rule(rule)->slots()),
        sent_(space.entries().size()) {}

  // The step before ends here: all threads of the pool are free, and its last sums have had time to come.
  void begin_step(const optim::Step& step) override {
    apply_all();
    step_ = step;
    adder_->begin_step(step);
  }
  // Weights change in begin_step and all_current alone.
  void before_forward(int) override {}
  void before_gradient_write(int variable) override { adder_->before_gradient_write(variable); }

  void gradient_ready(int variable) override {
    mark(variable);
    adder_->gradient_ready(variable);
  }
  bool takes_parts(int variable, std::int64_t part_elements) override {
    return adder_->takes_parts(variable, part_elements);
  }
  void gradient_part(int variable, std::int64_t begin, std::int64_t count, const void* values) override {
    mark(variable);
    adder_->gradient_part(variable, begin, count, values);
  }
  void* part_place(int variable, std::int64_t begin) override { return adder_->part_place(variable, begin); }
  void step_done() override { adder_->step_done(); }

  void all_current() override {
    apply_all();
    adder_->all_current();
  }

  void read_slot(int variable, int slot, void* out) override { local_->read_slot(variable, slot, out); }
  void write_slot(int variable, int slot, const void* values) override {
    local_->write_slot(variable, slot, values);
    state_written_ = true;
  }

  // What the chief has goes to the others by way of the sums' memory, which nothing else uses now.
  void publish_weights() override {
    all_current();
    const std::size_t unit = size_of(summed_.dtype());
    spread([&](const auto& entry, std::size_t, std::byte* at, bool give) {
      std::byte* const weights = summed_.weights().at(entry.offset * unit);
      std::memcpy(give ? at : weights, give ? weights : at, entry.size * unit);
    });
    // The chief alone read the state from a file.
    const bool written = !connection_->client->broadcast(chief_ && state_written_ ? "state" : "").empty();
    state_written_ = false;
    for (int slot = 0; slot < slots_ && written; ++slot)
      spread([&](const auto&, std::size_t v, std::byte* at, bool give) {
        if (give)
          local_->read_slot(static_cast<int>(v), slot, at);
        else
          local_->write_slot(static_cast<int>(v), slot, at);
      });
  }

 private:
  // Parts of one gradient come from several threads.
  void mark(int variable) {
    std::atomic_ref(sent_[static_cast<std::size_t>(variable)]).store(1, std::memory_order_relaxed);
  }

  // In the order in which sums come back, so that work fills the wait for the last of them.
  void apply_all() {
    if (std::ranges::find(sent_, char{1}) == sent_.end()) return;
    local_->begin_step(step_);
    for (std::size_t v = sent_.size(); v-- > 0;) {
      if (std::exchange(sent_[v], char{0}) == 0) continue;
      adder_->before_forward(static_cast<int>(v));
      local_->gradient_ready(static_cast<int>(v));
    }
    local_->step_done();
  }

  // `copy(entry, variable, place, give)`: the chief gives a variable's values to its place, the others take them.
  template <class Copy>
  void spread(Copy copy) {
    const auto each = [&](bool give) {
      for (std::size_t v = 0; v < summed_.entries().size(); ++v) {
        const auto& entry = summed_.entries()[v];
        copy(entry, v, summed_.gradients().at(entry.offset * size_of(summed_.dtype())), give);
      }
    };
    adder_->release_weights();
    if (chief_) each(true);
    adder_->publish_weights();
    if (!chief_) each(false);
  }

  const std::shared_ptr<Connection> connection_;
  const bool chief_;
  const ParameterSpace summed_;  // the sums in the gradients' place; the local updater keeps a reference
  const std::unique_ptr<train::ParameterUpdater> adder_;
  const std::unique_ptr<train::ParameterUpdater> local_;
  const int slots_;
  std::vector<char> sent_;  // by variable, of the last step: its sum is not applied yet
  optim::Step step_;
  bool state_written_ = false;
};

}  // namespace

std::unique_ptr<train::ParameterUpdater> make_summing_updater(std::shared_ptr<Connection> connection,
                                                              const ParameterSpace& space, const Arena& sums,
                                                              const nlohmann::json& rule, bool chief,
                                                              std::unique_ptr<train::ParameterUpdater> adder) {
  return std::make_unique<SummingUpdater>(std::move(connection), space, sums, rule, chief, std::move(adder));
}

}  // namespace shoal::worker
