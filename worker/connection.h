#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "ps/client/client.h"

namespace shoal::worker {

// A worker's client, and memory that its io thread may still read or write: it is let go only after the client is.
struct Connection {
  explicit Connection(std::unique_ptr<ps::Client> c) : client(std::move(c)) {}
  std::vector<std::shared_ptr<void>> retained;
  std::unique_ptr<ps::Client> client;
};

}  // namespace shoal::worker
