#pragma once

#include <cstddef>
#include <cstdint>

#include "common/net/out_frame.h"

namespace shoal::ps {

class Session;
class Table;

// The answer to one request, from the arrival of its head until its bytes are sent; then it goes back to its session.
class Reply final : public net::OutFrame {
 public:
  explicit Reply(Session& session) : session_(session) {}
  void sent() override;
  Session& session() { return session_; }

  Table* table = nullptr;
  std::vector<std::size_t> positions;  // of its slices
  std::size_t missing = 0;             // slices that have no new weights yet
  bool refused = false;                // an error was or will be sent in its place
  Reply* next = nullptr;               // among those that are free
  bool pull = false;                   // its request was a pull alone

 private:
  Session& session_;
};

}  // namespace shoal::ps
