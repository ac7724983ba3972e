#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "ps/client/client.h"
#include "ps/server/server.h"

namespace shoal::ps {

// Servers on threads of this process, over loopback. Ends them at the end of its life.
class Cluster {
 public:
  // `transport`: tcp, tls or unix.
  Cluster(std::uint32_t workers, std::uint32_t servers, double silence_seconds = 30, int tile_threads = 0,
          const std::string& transport = "tcp");
  ~Cluster();

  ServerOptions options;  // of the next server to start; `rank` is set for each
  std::vector<Endpoint> endpoints;

  Identity identity(std::uint32_t rank) const;
  std::unique_ptr<Client> connect(std::uint32_t rank) const;
  // Runs `work` as each worker on a thread of its own, each with its client; rethrows the first exception.
  void run_workers(const std::function<void(std::uint32_t rank, Client& client)>& work) const;
  // Waits for the server's end; the text of what it threw, or an empty one.
  std::string join(std::uint32_t server);
  void stop(std::uint32_t server);

 private:
  struct Running;
  std::vector<std::unique_ptr<Running>> servers_;
};

// Values in [-1, 1) that depend on the numbers alone.
template <class T>
std::vector<T> pseudo_random(std::size_t n, std::uint64_t key);

std::vector<std::byte> pseudo_bytes(std::size_t n, std::uint64_t key);

// What one process computes from the same gradients: sum in the order of ranks, then the rule, on whole variables.
template <class T>
class LocalTraining {
 public:
  LocalTraining(const std::vector<std::size_t>& sizes, const std::string& rule);
  void step(std::int64_t iteration, double learning_rate, const std::vector<std::vector<std::vector<T>>>& gradients);
  std::vector<std::vector<T>> weights;             // by variable
  std::vector<std::vector<std::vector<T>>> slots;  // by slot, variable

 private:
  std::string rule_;
};

// Trains one worker's side for some steps: writes the first weights (rank 0), pushes every slice in a random order in
// buckets of random sizes, and returns the last weights.
template <class T>
std::vector<std::vector<T>> train(Client& client, std::uint32_t rank, std::uint64_t table,
                                  const std::vector<std::size_t>& sizes, const std::string& rule, int steps,
                                  std::uint64_t seed, std::size_t max_slice_bytes = 1 << 20);

// The gradient that `train` gives for a variable.
template <class T>
std::vector<T> gradient(std::size_t n, std::uint32_t rank, int step, std::size_t variable) {
  return pseudo_random<T>(n, 1000003u * rank + 1009u * static_cast<unsigned>(step) + variable + 17);
}
template <class T>
std::vector<T> first_weights(std::size_t n, std::size_t variable) {
  return pseudo_random<T>(n, 999 + variable);
}
constexpr double learning_rate(int step) { return 0.01 / (1 + step); }

}  // namespace shoal::ps
