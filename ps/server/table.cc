#include "ps/server/table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/optim/norms.h"

namespace shoal::ps {

namespace {

// Null: the table only sums.
std::unique_ptr<optim::Rule> rule_of(const wire::TableSpec& spec) {
  if (spec.sums_only()) return nullptr;
  const auto rule = nlohmann::json::parse(spec.rule, nullptr, false);
  if (rule.is_discarded()) raise("table: the update rule is not JSON, received '{}'", spec.rule);
  return optim::make_rule(rule);
}

}  // namespace

Table::Table(wire::TableSpec spec, std::uint32_t workers) : spec_(std::move(spec)), workers_(workers) {
  elements_.reserve(spec_.slices.size());
  for (std::size_t i = 0; i < spec_.slices.size(); ++i) {
    if (i > 0 && spec_.slices[i].index <= spec_.slices[i - 1].index)
      raise("table: slices must be in order, received {} after {}", spec_.slices[i].index, spec_.slices[i - 1].index);
    elements_.push_back(spec_.slices[i].elements);
  }
  make_own();
  policy_ = make_bulk_synchronous(elements_.size(), workers);
  waiting_.resize(elements_.size());
  for (auto& replies : waiting_) replies.reserve(std::size_t{2} * workers);  // each may push_pull, and pull
  tickets_.resize(elements_.size());
  const auto rule = rule_of(spec_);
  needs_norms_ = rule && rule->common().needs_norms();
  if (!needs_norms_) return;
  for (const std::size_t elements : elements_)
    halves_.push_back({.squares = std::vector<double>((elements + optim::kNormBlock - 1) / optim::kNormBlock),
                       .scales = std::vector<double>(workers)});
}

Table::~Table() = default;

void Table::make_own() { shard_ = Shard::make(elements_, spec_.element_bytes, workers_, rule_of(spec_)); }

void Table::share(const wire::TableShare& share, int helpers) {
  if (share.process == 0) {
    helper_.reset();
    make_own();
    return;
  }
  std::shared_ptr<const optim::Rule> rule = rule_of(spec_);
  const std::uint64_t most = share.bytes / spec_.element_bytes;
  optim::TileLayout layout{.variables = {},
                           .elements = share.elements,
                           .element_bytes = spec_.element_bytes,
                           .workers = workers_,
                           .slots = rule ? rule->slots() : 0,
                           .halves = needs_norms_};
  if (share.elements > most || share.variable_offsets.size() != spec_.variable_sizes.size())
    raise("shared table: {} elements and {} variables do not fit {} bytes and {} variables", share.elements,
          share.variable_offsets.size(), share.bytes, spec_.variable_sizes.size());
  for (std::size_t v = 0; v < spec_.variable_sizes.size(); ++v) {
    layout.variables.push_back({share.variable_offsets[v], spec_.variable_sizes[v]});
    if (share.variable_offsets[v] > share.elements ||
        spec_.variable_sizes[v] > share.elements - share.variable_offsets[v])
      raise("shared table: variable {} of {} elements at {} is outside of {}", v, spec_.variable_sizes[v],
            share.variable_offsets[v], share.elements);
  }
  auto memory = io::SharedMemory::open({share.process, share.descriptor, share.bytes});
  std::byte* const at = memory.data();
  auto shard = Shard::make_shared(std::move(memory), layout, elements_, share.slice_offsets);
  // In halves the workers do it all: between the halves they have nothing else to do.
  const auto work = needs_norms_ ? optim::TileBoard::Work::sum : optim::TileBoard::Work::whole;
  auto helper =
      std::make_unique<TileHelper>(optim::TileBoard(at, layout, std::move(rule), work), needs_norms_ ? 0 : helpers);
  helper_.reset();  // before the memory that it works in
  shard_ = std::move(shard);
  helper_ = std::move(helper);
}

std::size_t Table::position(std::uint32_t slice) const {
  const auto found = std::lower_bound(spec_.slices.begin(), spec_.slices.end(), slice,
                                      [](const auto& own, std::uint32_t index) { return own.index < index; });
  if (found == spec_.slices.end() || found->index != slice) raise<PeerError>("slice {} is not on this server", slice);
  return static_cast<std::size_t>(found - spec_.slices.begin());
}

void Table::sum(std::size_t position, std::int64_t step) {
  Halves& halves = halves_[position];
  shard_->sum(position);
  shard_->squares(position, halves.squares);
  halves.step = step;
  halves.summed = true;
}

void Table::update(std::size_t position, std::int64_t number, const optim::Step& step) {
  Halves& halves = halves_[position];
  if (halves.step != number)
    raise<PeerError>("apply of step {}: slice {} has no sum of it", number, spec_.slices[position].index);
  if (std::exchange(halves.summed, false)) shard_->update(position, step);
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
