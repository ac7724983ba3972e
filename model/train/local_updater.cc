#include "model/train/local_updater.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "common/base/error.h"
#include "model/plan/thread_pool.h"

namespace shoal::train {
namespace {

constexpr int kMaxSlots = 8;
constexpr std::size_t kChunk = 16384;  // elements that one thread takes at a time: a multiple of 16

class LocalUpdater : public ParameterUpdater {
 public:
  LocalUpdater(const ParameterSpace& space, const nlohmann::json& config)
      : space_(space), rule_(optim::make_rule(config)) {
    if (rule_->slots() > kMaxSlots) raise<InternalError>("rule {} has {} slots", rule_->name(), rule_->slots());
    for (int slot = 0; slot < rule_->slots(); ++slot) {
      slots_.push_back(heap_arena(space.elements() * size_of(space.dtype())));
      if (const double initial = rule_->slot_initial(slot); initial != 0) fill(slots_.back(), initial);
    }
  }

  void begin_step(const optim::Step& step) override { step_ = step; }
  void before_forward(int) override {}
  void before_gradient_write(int) override {}

  void gradient_ready(int variable) override {
    if (space_.dtype() == DType::kFloat64)
      apply<double>(variable);
    else
      apply<float>(variable);
  }

  void step_done() override {}
  void all_current() override {}
  void publish_weights() override {}

  void read_slot(int variable, int slot, void* out) override {
    const auto& entry = entry_of(variable, slot);
    std::memcpy(out, place(slots_[static_cast<std::size_t>(slot)], entry), entry.size * size_of(space_.dtype()));
  }

  void write_slot(int variable, int slot, const void* values) override {
    const auto& entry = entry_of(variable, slot);
    std::memcpy(place(slots_[static_cast<std::size_t>(slot)], entry), values, entry.size * size_of(space_.dtype()));
  }

 private:
  const ParameterSpace::Entry& entry_of(int variable, int slot) const {
    if (variable < 0 || static_cast<std::size_t>(variable) >= space_.entries().size() || slot < 0 ||
        slot >= rule_->slots())
      raise<InternalError>("optimizer state: there is no slot {} of variable {}", slot, variable);
    return space_.entries()[static_cast<std::size_t>(variable)];
  }

  void* place(const Arena& arena, const ParameterSpace::Entry& entry) const {
    return arena.at(entry.offset * size_of(space_.dtype()));
  }

  void fill(const Arena& arena, double value) const {
    visit_dtype(space_.dtype(), [&](auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      std::fill_n(reinterpret_cast<T*>(arena.memory.get()), space_.elements(), static_cast<T>(value));
    });
  }

  template <class T>
  void apply(int variable) {
    const auto& entry = space_.entries()[static_cast<std::size_t>(variable)];
    T* weights = static_cast<T*>(place(space_.weights(), entry));
    const T* gradients = static_cast<const T*>(place(space_.gradients(), entry));
    auto task = [&](std::size_t chunk, int) {
      const std::size_t begin = chunk * kChunk, count = std::min(kChunk, entry.size - begin);
      std::array<T*, kMaxSlots> slots{};
      for (std::size_t i = 0; i < slots_.size(); ++i) slots[i] = static_cast<T*>(place(slots_[i], entry)) + begin;
      rule_->apply(step_, count, weights + begin, gradients + begin, slots.data());
    };
    const std::size_t chunks = (entry.size + kChunk - 1) / kChunk;
    if (chunks == 1)
      task(0, 0);
    else
      plan::ThreadPool::global().run(chunks, task);
  }

  const ParameterSpace& space_;
  std::unique_ptr<optim::Rule> rule_;
  std::vector<Arena> slots_;
  optim::Step step_;
};

}  // namespace

std::unique_ptr<ParameterUpdater> make_local_updater(const ParameterSpace& space, const nlohmann::json& rule) {
  return std::make_unique<LocalUpdater>(space, rule);
}

}  // namespace shoal::train
