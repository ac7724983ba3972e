#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "common/wire/control.h"
#include "ps/consistency/policy.h"
#include "ps/server/reply.h"
#include "ps/server/tile_helper.h"
#include "ps/store/shard.h"

namespace shoal::ps {

// One table on this server: what it holds, who may go on, and the replies that wait for it.
class Table {
 public:
  // Throws Error on a rule, an element size or sizes that cannot be.
  Table(wire::TableSpec spec, std::uint32_t workers);
  ~Table();

  // Puts the table into memory shared by the host's processes, or back into this server's own; weights and state start
  // afresh. `helpers`: threads of this process that take tiles. Throws Error when the memory cannot be had, or does not
  // fit the table; then it stays where it is.
  void share(const wire::TableShare& share, int helpers);
  bool shared() const { return helper_ != nullptr; }

  const wire::TableSpec& spec() const { return spec_; }
  Shard& shard() { return *shard_; }
  Policy& policy() { return *policy_; }

  // A slice's position among the server's own; throws PeerError when it is not one of them.
  std::size_t position(std::uint32_t slice) const;

  // Replies that wait for a slice's next weights.
  std::vector<Reply*>& waiting(std::size_t position) { return waiting_[position]; }

  // --- of a rule that clips by norms: a step has two halves ---
  bool needs_norms() const { return needs_norms_; }
  void sum(std::size_t position, std::int64_t step);  // all gradients are there
  bool summed(std::size_t position) const { return halves_[position].summed; }
  std::span<double> squares(std::size_t position) { return halves_[position].squares; }
  double& scale(std::size_t position, std::uint32_t worker) { return halves_[position].scales[worker]; }
  // Applies the rule to the sum, unless another worker has asked for it before. Throws PeerError when there is no sum
  // of this step.
  void update(std::size_t position, std::int64_t number, const optim::Step& step);

  // Memory for values that nobody wants, as large as the slice.
  std::span<std::byte> discard(std::size_t position);

  // True the first time it is asked for this slice and ticket: finds slices named twice in one frame.
  bool first_time(std::size_t position, std::uint64_t ticket);

 private:
  void make_own();

  struct Halves {
    std::vector<double> squares;                                   // of the blocks of the last sum
    std::vector<double> scales;                                    // what each worker sent
    std::int64_t step = std::numeric_limits<std::int64_t>::min();  // of the last sum
    bool summed = false;                                           // and the rule is not applied yet
  };

  wire::TableSpec spec_;
  const std::uint32_t workers_;
  std::vector<std::size_t> elements_;  // of the own slices
  std::unique_ptr<Shard> shard_;
  std::unique_ptr<TileHelper> helper_;  // of a shared table
  std::unique_ptr<Policy> policy_;
  std::vector<std::vector<Reply*>> waiting_;
  std::vector<std::uint64_t> tickets_;
  bool needs_norms_ = false;
  std::vector<Halves> halves_;  // by slice, when they are needed
  std::vector<std::byte> discard_;
};

}  // namespace shoal::ps
