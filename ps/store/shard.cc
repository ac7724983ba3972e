#include "ps/store/shard.h"

#include <algorithm>
#include <limits>
#include <new>
#include <vector>

#include "common/base/error.h"
#include "common/optim/norms.h"

namespace shoal::ps {
namespace {

constexpr std::size_t kAlignment = 64;  // bytes: where every slice begins

struct Release {
  void operator()(void* memory) const { ::operator delete (memory, std::align_val_t{kAlignment}); }
};

template <class T>
class ShardOf final : public Shard {
 public:
  ShardOf(std::span<const std::size_t> elements, std::uint32_t workers, std::unique_ptr<optim::Rule> rule)
      : rule_(std::move(rule)), workers_(workers), elements_(elements.begin(), elements.end()) {
    for (const std::size_t n : elements_) {
      begins_.push_back(total_);
      if (n > std::numeric_limits<std::size_t>::max() / 4 - total_) raise("shard: {} elements in a slice", n);
      total_ += (n + kLane - 1) / kLane * kLane;
    }
    const auto slots = static_cast<std::size_t>(this->slots());
    first_gradient_ = rule_ || workers_ > 1 ? 1 + slots : 0;  // a single worker's gradient is the sum
    const std::size_t parts = first_gradient_ + workers_;
    bytes_ = total_ * parts * sizeof(T);
    if (total_ > std::numeric_limits<std::ptrdiff_t>::max() / sizeof(T) / parts)
      raise("shard: {} elements with their state are beyond the address space", total_);
    try {
      memory_.reset(static_cast<T*>(::operator new (std::max<std::size_t>(1, bytes_), std::align_val_t{kAlignment})));
    } catch (const std::bad_alloc&) {
      raise("shard: {} bytes for {} elements and their state cannot be had", bytes_, total_);
    }
    std::fill_n(memory_.get(), total_ * parts, T{0});
    for (std::size_t s = 0; s < slots; ++s)
      std::fill_n(part(1 + s), total_, static_cast<T>(rule_->slot_initial(static_cast<int>(s))));
    slot_pointers_.resize(slots);
  }

  std::size_t slices() const override { return elements_.size(); }
  std::size_t bytes(std::size_t slice) const override { return elements_[slice] * sizeof(T); }
  int slots() const override { return rule_ ? rule_->slots() : 0; }
  std::size_t memory_bytes() const override { return bytes_; }

  std::span<std::byte> gradient(std::size_t slice, std::uint32_t worker) override {
    return as_bytes(gradient_of(slice, worker), slice);
  }
  std::span<std::byte> weights(std::size_t slice) override { return as_bytes(part(0) + begins_[slice], slice); }
  std::span<std::byte> slot(std::size_t slice, int slot) override {
    return as_bytes(part(1 + static_cast<std::size_t>(slot)) + begins_[slice], slice);
  }

  void sum(std::size_t slice) override {
    if (!rule_) return sum_apart(slice);
    T* sum = gradient_of(slice, 0);
    for (std::uint32_t worker = 1; worker < workers_; ++worker)
      optim::add(elements_[slice], gradient_of(slice, worker), sum);
  }

  void squares(std::size_t slice, std::span<double> out) const override {
    const T* sum = gradient_of(slice, 0);
    for (std::size_t block = 0; block < out.size(); ++block) {
      const std::size_t begin = block * optim::kNormBlock;
      out[block] = optim::sum_of_squares(std::min(optim::kNormBlock, elements_[slice] - begin), sum + begin);
    }
  }

  void update(std::size_t slice, const optim::Step& step) override {
    if (!rule_) return;
    for (std::size_t s = 0; s < slot_pointers_.size(); ++s) slot_pointers_[s] = part(1 + s) + begins_[slice];
    rule_->apply(step, elements_[slice], part(0) + begins_[slice], gradient_of(slice, 0), slot_pointers_.data());
  }

 private:
  static constexpr std::size_t kLane = kAlignment / sizeof(T);

  // The last sum is still on its way to slow workers when the next gradient of a fast one arrives: it stands apart.
  void sum_apart(std::size_t slice) {
    constexpr std::size_t kChunk = 4096;  // elements: what was written is in the core's cache when it is added to
    if (workers_ == 1) return;
    for (std::size_t at = 0; at < elements_[slice]; at += kChunk) {
      const std::size_t n = std::min(kChunk, elements_[slice] - at);
      T* sum = part(0) + begins_[slice] + at;
      std::copy_n(gradient_of(slice, 0) + at, n, sum);
      for (std::uint32_t worker = 1; worker < workers_; ++worker) optim::add(n, gradient_of(slice, worker) + at, sum);
    }
  }

  T* part(std::size_t index) const { return memory_.get() + index * total_; }
  T* gradient_of(std::size_t slice, std::uint32_t worker) const {
    return part(first_gradient_ + worker) + begins_[slice];
  }
  std::span<std::byte> as_bytes(T* at, std::size_t slice) {
    return std::as_writable_bytes(std::span<T>(at, elements_[slice]));
  }

  std::unique_ptr<optim::Rule> rule_;
  const std::uint32_t workers_;
  std::vector<std::size_t> elements_, begins_;
  std::size_t total_ = 0;               // elements of a part, with what fills up each slice
  std::size_t bytes_ = 0;               // of all parts
  std::size_t first_gradient_ = 1;      // the part that is worker 0's gradients
  std::unique_ptr<T, Release> memory_;  // weights, each slot, each worker's gradients
  std::vector<T*> slot_pointers_;
};

}  // namespace

std::unique_ptr<Shard> Shard::make(std::span<const std::size_t> slice_elements, std::size_t element_bytes,
                                   std::uint32_t workers, std::unique_ptr<optim::Rule> rule) {
  if (element_bytes == sizeof(float)) return std::make_unique<ShardOf<float>>(slice_elements, workers, std::move(rule));
  if (element_bytes == sizeof(double))
    return std::make_unique<ShardOf<double>>(slice_elements, workers, std::move(rule));
  raise("shard: element bytes must be 4 or 8, received {}", element_bytes);
}

}  // namespace shoal::ps
