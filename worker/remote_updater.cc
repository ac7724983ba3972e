#include "worker/remote_updater.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "worker/buckets.h"
#include "worker/gradient_norms.h"

namespace shoal::worker {
namespace {

// What the io thread touches. Outlives the updater while an answer is still to come.
struct Flight {
  struct Lane {
    std::int64_t sent = 0;              // training thread only while it sends; read by pool threads afterwards
    std::atomic<std::int64_t> back{0};  // answers received: weights written before are visible to who reads this
  };

  Flight(const ParameterSpace& s, std::size_t buckets, GradientNorms n)
      : space(s), lanes(buckets), norms(std::move(n)) {}

  void landed(std::size_t bucket) {
    const std::lock_guard lock(mutex);  // a waiter is either before its test or inside its wait
    lanes[bucket].back.fetch_add(1, std::memory_order_release);
    changed.notify_all();
  }
  bool current(std::size_t bucket) const {
    return lanes[bucket].back.load(std::memory_order_acquire) == lanes[bucket].sent;
  }

  const ParameterSpace space;  // keeps the arenas
  std::vector<Lane> lanes;
  GradientNorms norms;  // filled by the answers to the first halves
  std::mutex mutex;
  std::condition_variable changed;
};

class RemoteUpdater : public train::ParameterUpdater {
 public:
  RemoteUpdater(std::shared_ptr<Connection> connection, const ParameterSpace& space, const nlohmann::json& rule,
                const UpdaterOptions& options)
      : connection_(std::move(connection)), client_(*connection_->client), options_(options) {
    element_bytes_ = size_of(space.dtype());
    std::vector<std::size_t> bytes;
    for (const auto& entry : space.entries()) bytes.push_back(entry.size * element_bytes_);
    client_.open_table(table_spec(space, rule, options));

    const auto& slices = client_.slices(options.table);
    slices_of_.resize(bytes.size() + 1);
    for (std::size_t v = 0, s = 0; v < bytes.size(); ++v) {
      slices_of_[v] = s;
      while (s < slices.size() && slices[s].variable == static_cast<int>(v)) ++s;
      slices_of_[v + 1] = s;
    }
    for (std::size_t s = 0; s < slices.size(); ++s) {
      const auto& entry = space.entries()[static_cast<std::size_t>(slices[s].variable)];
      const std::size_t at = (entry.offset + slices[s].offset) * element_bytes_;
      parts_.push_back({static_cast<int>(s), space.gradients().at(at), space.weights().at(at)});
    }
    buckets_ = plan_buckets(bytes, options.bucket_bytes);
    std::vector<std::size_t> sizes;
    for (const auto& entry : space.entries()) sizes.push_back(entry.size);
    flight_ = std::make_shared<Flight>(space, buckets_.size(), GradientNorms(common_of(rule), sizes));
    halved_.resize(buckets_.size());
    pushes_.reserve(parts_.size());
    applies_.reserve(parts_.size());
    bucket_of_.resize(bytes.size());
    ready_.resize(bytes.size());
    ready_count_.resize(buckets_.size());
    partial_.reserve(parts_.size());
    for (std::size_t b = 0; b < buckets_.size(); ++b) {
      for (int v = buckets_[b].first; v < buckets_[b].last; ++v) bucket_of_[static_cast<std::size_t>(v)] = b;
      landed_.emplace_back([flight = flight_.get(), b] { flight->landed(b); });
    }
  }

  ~RemoteUpdater() override {
    for (std::size_t b = 0; b < buckets_.size(); ++b)
      if (!flight_->current(b)) {
        connection_->retained.push_back(flight_);
        return;
      }
    const std::lock_guard lock(flight_->mutex);  // the io thread has left the last `landed`
  }

  void begin_step(const optim::Step& step) override {
    step_ = step;
    ++number_;
    std::fill(ready_.begin(), ready_.end(), char{0});
    std::fill(ready_count_.begin(), ready_count_.end(), 0);
  }

  void before_forward(int variable) override { wait_for(bucket_of_[static_cast<std::size_t>(variable)]); }
  // The answer that made the weights current also says that the gradient before has been taken.
  void before_gradient_write(int variable) override { wait_for(bucket_of_[static_cast<std::size_t>(variable)]); }

  void gradient_ready(int variable) override {
    const auto v = static_cast<std::size_t>(variable);
    if (ready_[v] != 0) return;
    ready_[v] = 1;
    const std::size_t b = bucket_of_[v];
    if (++ready_count_[b] == buckets_[b].last - buckets_[b].first)
      send(b, std::span(parts_).subspan(first_slice(b), last_slice(b) - first_slice(b)));
    // What has come back meanwhile need not wait for the end of the step.
    if (flight_->norms.needed() && !flight_->norms.of_all())
      for (std::size_t other = 0; other < buckets_.size(); ++other)
        if (halved_[other] != 0 && flight_->current(other)) send_second_half(other);
  }

  // A bucket can hold a variable that the loss does not depend on: the others travel without it.
  void step_done() override {
    for (std::size_t b = 0; b < buckets_.size(); ++b) {
      if (ready_count_[b] == 0 || ready_count_[b] == buckets_[b].last - buckets_[b].first) continue;
      partial_.clear();
      for (auto v = static_cast<std::size_t>(buckets_[b].first); v < static_cast<std::size_t>(buckets_[b].last); ++v)
        if (ready_[v] != 0)
          for (std::size_t s = slices_of_[v]; s < slices_of_[v + 1]; ++s) partial_.push_back(parts_[s]);
      send(b, partial_);
    }
    if (!flight_->norms.needed()) return;
    for (std::size_t b = 0; b < buckets_.size() && flight_->norms.of_all(); ++b) wait_for(b);
    if (flight_->norms.of_all()) flight_->norms.limit_all(ready_);
    for (std::size_t b = 0; b < buckets_.size(); ++b) {
      if (halved_[b] == 0) continue;
      wait_for(b);
      send_second_half(b);
    }
  }

  void all_current() override {
    for (std::size_t b = 0; b < buckets_.size(); ++b) wait_for(b);
    client_.check();
  }

  void read_slot(int variable, int slot, void* out) override {
    const auto& slices = client_.slices(options_.table);
    for (std::size_t s = begin_of(variable); s < end_of(variable); ++s)
      client_.read(options_.table, static_cast<int>(s), slot,
                   static_cast<std::byte*>(out) + slices[s].offset * element_bytes_);
  }

  void write_slot(int variable, int slot, const void* values) override {
    const auto& slices = client_.slices(options_.table);
    for (std::size_t s = begin_of(variable); s < end_of(variable); ++s)
      client_.write(options_.table, static_cast<int>(s), slot,
                    static_cast<const std::byte*>(values) + slices[s].offset * element_bytes_);
  }

  void publish_weights() override {
    all_current();
    client_.barrier();  // nobody's last answer is still being sent from what is now overwritten
    if (options_.rank == 0)
      for (const auto& part : parts_) client_.write(options_.table, part.slice, -1, part.weights);
    client_.barrier();
    if (options_.rank != 0)
      for (const auto& part : parts_) client_.read(options_.table, part.slice, -1, part.weights);
  }

 private:
  std::size_t begin_of(int variable) const { return slices_of_[static_cast<std::size_t>(variable)]; }
  std::size_t end_of(int variable) const { return slices_of_[static_cast<std::size_t>(variable) + 1]; }
  std::size_t first_slice(std::size_t bucket) const { return begin_of(buckets_[bucket].first); }
  std::size_t last_slice(std::size_t bucket) const { return end_of(buckets_[bucket].last - 1); }

  void send(std::size_t bucket, std::span<const ps::Client::PushPull> parts) {
    wait_for(bucket);
    if (parts.empty()) return;  // variables without elements
    ++flight_->lanes[bucket].sent;
    if (flight_->norms.needed()) {
      send_first_half(bucket, parts);
      return;
    }
    client_.push_pull(options_.table, number_, step_.learning_rate, step_.iteration, parts, landed_[bucket]);
  }

  // Gradients go up; the squares of the sum of all workers' come back.
  void send_first_half(std::size_t bucket, std::span<const ps::Client::PushPull> parts) {
    pushes_.clear();
    for (const auto& part : parts) {
      const ps::Slice& slice = client_.slices(options_.table)[static_cast<std::size_t>(part.slice)];
      double* const squares = flight_->norms.squares(static_cast<std::size_t>(slice.variable), slice.offset);
      pushes_.push_back({part.slice, part.gradient, squares});
    }
    halved_[bucket] = 1;
    client_.push_norms(options_.table, number_, pushes_, landed_[bucket]);
  }

  // The squares are back: what they limit the gradients to goes up, new weights come back.
  void send_second_half(std::size_t bucket) {
    applies_.clear();
    for (auto v = static_cast<std::size_t>(buckets_[bucket].first); v < static_cast<std::size_t>(buckets_[bucket].last);
         ++v) {
      if (ready_[v] == 0) continue;
      if (!flight_->norms.of_all()) flight_->norms.limit(v);
      for (std::size_t s = slices_of_[v]; s < slices_of_[v + 1]; ++s)
        applies_.push_back({parts_[s].slice, &flight_->norms.scale(v), parts_[s].weights});
    }
    halved_[bucket] = 0;
    ++flight_->lanes[bucket].sent;
    client_.apply(options_.table, number_, step_.learning_rate, step_.iteration, applies_, landed_[bucket]);
  }

  void wait_for(std::size_t bucket) {
    if (flight_->current(bucket)) return;
    std::unique_lock lock(flight_->mutex);
    // No answer comes from a lost server, so the client is asked now and then.
    while (!flight_->changed.wait_for(lock, std::chrono::milliseconds(100), [&] { return flight_->current(bucket); }))
      client_.check();
  }

  const std::shared_ptr<Connection> connection_;
  ps::Client& client_;
  const UpdaterOptions options_;
  std::size_t element_bytes_ = 4;
  std::vector<ps::Client::PushPull> parts_;  // by slice
  std::vector<std::size_t> slices_of_;       // variable v has slices [slices_of_[v], slices_of_[v + 1])
  std::vector<Bucket> buckets_;
  std::vector<std::size_t> bucket_of_;         // by variable
  std::vector<std::function<void()>> landed_;  // by bucket; copies do not allocate
  std::vector<char> ready_;                    // by variable, of this step
  std::vector<int> ready_count_;               // by bucket, of this step
  std::vector<ps::Client::PushPull> partial_;
  std::vector<char> halved_;  // by bucket: only the first half of this step is sent
  std::vector<ps::Client::PushNorms> pushes_;
  std::vector<ps::Client::Apply> applies_;
  std::shared_ptr<Flight> flight_;
  optim::Step step_;
  std::int64_t number_ = -1;
};

}  // namespace

std::unique_ptr<train::ParameterUpdater> make_remote_updater(std::shared_ptr<Connection> connection,
                                                             const ParameterSpace& space, const nlohmann::json& rule,
                                                             const UpdaterOptions& options) {
  return std::make_unique<RemoteUpdater>(std::move(connection), space, rule, options);
}

}  // namespace shoal::worker
