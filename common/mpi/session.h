#pragma once

#include <string>
#include <vector>

namespace shoal::mpi {

// MPI for as long as processes need to find each other. It starts MPI, unless the program already did: then MPI is the
// program's, used through a communicator of our own and left running. Otherwise the destructor finalizes MPI, for good:
// a process cannot start it a second time.
class Session {
 public:
  Session();  // collective over all processes of the job; throws InternalError
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  int rank() const { return rank_; }
  int size() const { return size_; }

  // Collective. Texts are small: at most 64 KiB each, else ValueError.
  std::string broadcast(const std::string& from_rank_0);
  std::vector<std::string> all_gather(const std::string& mine);  // in rank order

 private:
  struct Impl;
  Impl* impl_;
  int rank_ = 0, size_ = 1;
};

// "Open MPI v4.1.4": what this program was linked with; MPI need not run.
std::string library_name();

// The program started MPI itself and has not finalized it.
bool is_running();
// Ends the program's own MPI on its behalf, where the program's code never runs to its end. Waits for every process.
void finalize();

}  // namespace shoal::mpi
