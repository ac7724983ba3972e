#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "common/wire/control.h"
#include "ps/consistency/policy.h"
#include "ps/server/reply.h"
#include "ps/store/shard.h"

namespace shoal::ps {

// One table on this server: what it holds, who may go on, and the replies that wait for it.
class Table {
 public:
  // Throws Error on a rule, an element size or sizes that cannot be.
  Table(wire::TableSpec spec, std::uint32_t workers);

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
  wire::TableSpec spec_;
  std::unique_ptr<Shard> shard_;
  std::unique_ptr<Policy> policy_;
  std::vector<std::vector<Reply*>> waiting_;
  std::vector<std::uint64_t> tickets_;
  std::vector<std::byte> discard_;
};

}  // namespace shoal::ps
