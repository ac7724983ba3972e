#pragma once

#include <cstddef>
#include <vector>

#include "common/wire/control.h"
#include "ps/client/client.h"

namespace shoal::ps {

// What the client knows of an open table, and what of it each server is told.
struct OpenTable {
  OpenTable() = default;
  OpenTable(const Client::TableSpec& s, std::size_t servers);

  const Slice& slice(int index) const;  // throws ValueError where there is none
  std::size_t bytes(int index) const { return slice(index).size * spec.element_bytes; }
  std::size_t norms_bytes(int index) const;  // of the sums of squares of its blocks

  bool agrees_with(const Client::TableSpec& other) const;
  wire::TableSpec part_of(std::size_t server) const;
  wire::TableShare share_of(std::size_t server, const Client::Share& share) const;

  Client::TableSpec spec;
  std::vector<Slice> slices;
};

}  // namespace shoal::ps
