#pragma once

#include <memory>
#include <string>
#include <vector>

namespace shoal::launcher {

// How the processes of a job find each other, once, before training. Collective: every process makes the same calls in
// the same order. Destroying it leaves the meeting place.
class Rendezvous {
 public:
  virtual ~Rendezvous() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual std::string broadcast(const std::string& from_rank_0) = 0;
  virtual std::vector<std::string> all_gather(const std::string& mine) = 0;
};

std::unique_ptr<Rendezvous> mpi_rendezvous();

}  // namespace shoal::launcher
