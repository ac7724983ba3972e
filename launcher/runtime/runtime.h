#pragma once

#include <memory>
#include <string>

namespace shoal {

// The first line of `main`: finds out which part of a job this process is. Alone, when started by neither `shoal run`
// nor mpirun: then no MPI call is made. In a worker the constructor returns once the job has come together, and `fit`
// trains with all of it; in a server process it never returns: it serves, then the process exits.
//
// Flags it takes out of argv (variables in brackets): --shoal-servers N [SHOAL_SERVERS], --shoal-role worker|server
// [SHOAL_ROLE], --shoal-threads N [SHOAL_THREADS], --shoal-update server|worker [SHOAL_UPDATE], --shoal-transport
// auto|shm|unix|tcp [SHOAL_TRANSPORT], --shoal-tls [SHOAL_TLS=1], --shoal-port N [SHOAL_PORT], --shoal-interface NAME
// [SHOAL_INTERFACE], --shoal-address A [SHOAL_ADDRESS], --resume [SHOAL_RESUME=1]. Throws ValueError when they break a
// rule, PeerError when a process of the job cannot be reached.
//
// It starts and finalizes MPI itself before it returns; a program that needs MPI calls MPI_Init first and MPI_Finalize
// after the Runtime's end.
class Runtime {
 public:
  Runtime(int& argc, char** argv);
  // Says goodbye to the servers, unless an exception is passing: then the whole job ends.
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  int rank() const;  // among workers
  bool is_chief() const { return rank() == 0; }
  int workers() const;
  int servers() const;  // 0 when alone
  bool distributed() const { return servers() > 0; }
  int threads() const;             // compute threads of this process
  bool resume() const;             // --resume was given: pass it on to fit
  const std::string& job() const;  // the job's id, equal on all workers; empty when alone

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace shoal
