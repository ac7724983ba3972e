#pragma once

#include <cstddef>
#include <cstdint>
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

  // Memory for values that nobody wants, as large as the slice.
  std::span<std::byte> discard(std::size_t position);

  // True the first time it is asked for this slice and ticket: finds slices named twice in one frame.
  bool first_time(std::size_t position, std::uint64_t ticket);

 private:
  void make_own();

  wire::TableSpec spec_;
  const std::uint32_t workers_;
  std::vector<std::size_t> elements_;  // of the own slices
  std::unique_ptr<Shard> shard_;
  std::unique_ptr<TileHelper> helper_;  // of a shared table
  std::unique_ptr<Policy> policy_;
  std::vector<std::vector<Reply*>> waiting_;
  std::vector<std::uint64_t> tickets_;
  std::vector<std::byte> discard_;
};

}  // namespace shoal::ps
