#include "worker/halved_updater.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "common/optim/norms.h"
#include "model/plan/thread_pool.h"
#include "worker/gradient_norms.h"
#include "worker/shared_arenas.h"
#include "worker/tile_work.h"

namespace shoal::worker {
namespace {

using Work = optim::TileBoard::Work;

std::vector<std::size_t> sizes_of(const ParameterSpace& space) {
  std::vector<std::size_t> sizes;
  for (const auto& entry : space.entries()) sizes.push_back(entry.size);
  return sizes;
}

class HalvedUpdater : public train::ParameterUpdater {
 public:
  HalvedUpdater(std::shared_ptr<Connection> connection, const ParameterSpace& space, const UpdaterOptions& options,
                io::SharedMemory memory, const optim::TileLayout& layout,
                const std::shared_ptr<const optim::Rule>& rule)
      : connection_(std::move(connection)),
        client_(*connection_->client),
        rank_(options.rank),
        arenas_(client_, space, std::move(memory), layout, options.rank),
        norms_(rule->common(), sizes_of(space)),
        sums_(optim::TileBoard(arenas_.memory(), layout, rule, Work::sum), client_, options.spin),
        rules_(optim::TileBoard(arenas_.memory(), layout, rule, Work::rule), client_, options.spin),
        summed_(space.entries().size()),
        applied_(space.entries().size()),
        ready_(space.entries().size()) {}

  void begin_step(const optim::Step& step) override {
    step_ = step;
    std::ranges::fill(ready_, char{0});
    rules_.help(0);
  }
  void before_forward(int variable) override { wait_for(static_cast<std::size_t>(variable)); }
  // Where this is worker 0, the sum lay there.
  void before_gradient_write(int variable) override { wait_for(static_cast<std::size_t>(variable)); }

  void gradient_ready(int variable) override {
    const auto v = static_cast<std::size_t>(variable);
    if (std::exchange(ready_[v], char{1}) != 0) return;
    ++summed_[v];
    sums_.board().announce(rank_, v, step_);
    sums_.help(v);
  }

  void step_done() override {
    for (std::size_t v = 0; v < ready_.size(); ++v) {
      if (ready_[v] == 0) continue;
      sums_.wait_for(v, summed_[v]);
      read_squares(v);
      if (norms_.of_all()) continue;
      norms_.limit(v);
      announce(v);
    }
    if (!norms_.of_all()) return;
    norms_.limit_all(ready_);
    for (std::size_t v = 0; v < ready_.size(); ++v)
      if (ready_[v] != 0) announce(v);
  }

  void all_current() override {
    for (std::size_t v = 0; v < applied_.size(); ++v) wait_for(v);
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
  void announce(std::size_t v) {
    step_.gradient_scale = norms_.scale(v);
    ++applied_[v];
    rules_.board().announce(rank_, v, step_);
  }

  void wait_for(std::size_t v) { rules_.wait_for(v, applied_[v]); }

  // Of the sum of all workers' gradients, block by block on the threads.
  void read_squares(std::size_t v) {
    const auto& entry = arenas_.space().entries()[v];
    visit_dtype(arenas_.space().dtype(), [&](auto* type) {
      using T = std::remove_pointer_t<decltype(type)>;
      if constexpr (std::is_floating_point_v<T>) {
        const T* sum = reinterpret_cast<const T*>(arenas_.memory() + arenas_.layout().gradients(0)) + entry.offset;
        double* const squares = norms_.squares(v, 0);
        const auto block = [&](std::size_t number, int) {
          const std::size_t begin = number * optim::kNormBlock;
          squares[number] = optim::sum_of_squares(std::min(optim::kNormBlock, entry.size - begin), sum + begin);
        };
        const std::size_t blocks = (entry.size + optim::kNormBlock - 1) / optim::kNormBlock;
        if (blocks == 1)
          block(0, 0);
        else
          plan::ThreadPool::global().run(blocks, block);
      }
    });
  }

  const std::shared_ptr<Connection> connection_;
  ps::Client& client_;
  const std::uint32_t rank_;
  SharedArenas arenas_;
  GradientNorms norms_;
  TileWork sums_, rules_;
  std::vector<std::int64_t> summed_, applied_;  // by variable: announced by this worker on either board
  std::vector<char> ready_;                     // by variable, of this step
  optim::Step step_;
};

}  // namespace

std::unique_ptr<train::ParameterUpdater> make_halved_updater(std::shared_ptr<Connection> connection,
                                                             const ParameterSpace& space, const UpdaterOptions& options,
                                                             io::SharedMemory memory, const optim::TileLayout& layout,
                                                             std::shared_ptr<const optim::Rule> rule) {
  return std::make_unique<HalvedUpdater>(std::move(connection), space, options, std::move(memory), layout, rule);
}

}  // namespace shoal::worker
