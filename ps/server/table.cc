#include "ps/server/table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/error.h"

namespace shoal::ps {

Table::Table(wire::TableSpec spec, std::uint32_t workers) : spec_(std::move(spec)) {
  const auto rule = nlohmann::json::parse(spec_.rule, nullptr, false);
  if (rule.is_discarded()) raise("table: the update rule is not JSON, received '{}'", spec_.rule);
  std::vector<std::size_t> elements;
  elements.reserve(spec_.slices.size());
  for (std::size_t i = 0; i < spec_.slices.size(); ++i) {
    if (i > 0 && spec_.slices[i].index <= spec_.slices[i - 1].index)
      raise("table: slices must be in order, received {} after {}", spec_.slices[i].index, spec_.slices[i - 1].index);
    elements.push_back(spec_.slices[i].elements);
  }
  shard_ = Shard::make(elements, spec_.element_bytes, workers, optim::make_rule(rule));
  policy_ = make_bulk_synchronous(elements.size(), workers);
  waiting_.resize(elements.size());
  for (auto& replies : waiting_) replies.reserve(workers);
  tickets_.resize(elements.size());
}

std::size_t Table::position(std::uint32_t slice) const {
  const auto found = std::lower_bound(spec_.slices.begin(), spec_.slices.end(), slice,
                                      [](const auto& own, std::uint32_t index) { return own.index < index; });
  if (found == spec_.slices.end() || found->index != slice) raise<PeerError>("slice {} is not on this server", slice);
  return static_cast<std::size_t>(found - spec_.slices.begin());
}

std::span<std::byte> Table::discard(std::size_t position) {
  const std::size_t bytes = shard_->bytes(position);
  if (discard_.size() < bytes) {
    // Spans given out before must stay valid: the largest slice is taken at once.
    std::size_t most = 0;
    for (std::size_t i = 0; i < shard_->slices(); ++i) most = std::max(most, shard_->bytes(i));
    discard_.resize(most);
  }
  return std::span(discard_).first(bytes);
}

bool Table::first_time(std::size_t position, std::uint64_t ticket) {
  return std::exchange(tickets_[position], ticket) != ticket;
}

}  // namespace shoal::ps
