#include <utility>
#include <vector>

#include "common/base/error.h"
#include "ps/store/shard.h"

namespace shoal::ps {
namespace {

class SharedShard final : public Shard {
 public:
  SharedShard(io::SharedMemory memory, const optim::TileLayout& layout, std::span<const std::size_t> slice_elements,
              std::span<const std::uint64_t> offsets)
      : memory_(std::move(memory)),
        layout_(layout),
        elements_(slice_elements.begin(), slice_elements.end()),
        offsets_(offsets.begin(), offsets.end()) {
    if (layout_.bytes() > memory_.bytes())
      raise("shared table: needs {} bytes, its memory has {}", layout_.bytes(), memory_.bytes());
    if (offsets_.size() != elements_.size())
      raise("shared table: {} slices, {} places", elements_.size(), offsets_.size());
    for (std::size_t i = 0; i < elements_.size(); ++i)
      if (offsets_[i] > layout_.elements || elements_[i] > layout_.elements - offsets_[i])
        raise("shared table: slice {} of {} elements at {} is outside of {}", i, elements_[i], offsets_[i],
              layout_.elements);
  }

  std::size_t slices() const override { return elements_.size(); }
  std::size_t bytes(std::size_t slice) const override { return elements_[slice] * layout_.element_bytes; }
  int slots() const override { return layout_.slots; }
  std::size_t memory_bytes() const override { return 0; }

  std::span<std::byte> weights(std::size_t slice) override { return part(layout_.weights(), slice); }
  std::span<std::byte> slot(std::size_t slice, int slot) override { return part(layout_.slot(slot), slice); }

  std::span<std::byte> gradient(std::size_t, std::uint32_t) override { not_here(); }
  void sum(std::size_t) override { not_here(); }
  void squares(std::size_t, std::span<double>) const override { not_here(); }
  void update(std::size_t, const optim::Step&) override { not_here(); }

 private:
  [[noreturn]] static void not_here() { raise<InternalError>("shared table: its workers add and apply"); }
  std::span<std::byte> part(std::size_t offset, std::size_t slice) {
    return {memory_.data() + offset + offsets_[slice] * layout_.element_bytes, bytes(slice)};
  }

  const io::SharedMemory memory_;
  const optim::TileLayout layout_;
  const std::vector<std::size_t> elements_;
  const std::vector<std::uint64_t> offsets_;
};

}  // namespace

std::unique_ptr<Shard> Shard::make_shared(io::SharedMemory memory, const optim::TileLayout& layout,
                                          std::span<const std::size_t> slice_elements,
                                          std::span<const std::uint64_t> offsets) {
  return std::make_unique<SharedShard>(std::move(memory), layout, slice_elements, offsets);
}

}  // namespace shoal::ps
