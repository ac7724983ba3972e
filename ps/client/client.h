#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/net/send_order.h"
#include "ps/client/endpoint.h"

namespace shoal::ps {

// Who this process is and whom it may trust.
struct Identity {
  std::string job;                // id of the job
  std::vector<std::byte> secret;  // shared by all processes of the job, never printed
  std::uint32_t rank = 0;         // among workers
  std::uint32_t workers = 1;
  std::uint32_t incarnation = 0;
  double silence_seconds = 10;  // a server not heard for so long is lost
  double connect_seconds = 5;   // for a connection, and again for its handshake
  net::SendOrder order = net::SendOrder::priority;
};

// A stretch of one variable that one server owns. Offsets and sizes are elements.
struct Slice {
  int variable = 0;
  std::size_t offset = 0, size = 0;  // within the variable
  int server = 0;
};

// A pure function of sizes and servers: slices in the order of variables, balanced by bytes, none larger than
// `max_slice_bytes`. Within a variable cuts are at multiples of `cut` elements, itself a multiple of 16.
std::vector<Slice> plan_slices(std::span<const std::size_t> variable_sizes, std::size_t element_bytes, int servers,
                               std::size_t max_slice_bytes, std::size_t cut = 16);

// The rule of a table that has none: in place of weights it holds, and answers with, the sum of all workers' gradients.
inline constexpr std::string_view kNoRule = "none";

// A worker's side of the parameter servers. All calls from the training thread; one io thread moves the bytes. A lost
// or silent server makes every later call throw PeerError naming it.
class Client {
 public:
  // Connects to every server and proves both sides; throws PeerError naming the server that is not there.
  static std::unique_ptr<Client> connect(const Identity& identity, const std::vector<Endpoint>& servers);
  virtual ~Client() = default;
  // What the connection to this server is: "Unix socket", "TCP", "TCP with TLSv1.3 TLS_AES_128_GCM_SHA256".
  virtual const std::string& protocol(std::size_t server) const = 0;

  // --- tables of dense weights ---
  struct TableSpec {
    std::uint64_t id = 0;                     // same on all workers, one per compiled model
    std::vector<std::size_t> variable_sizes;  // elements
    std::size_t element_bytes = 4;            // 4: float32, 8: float64
    std::string rule;                         // optim::Rule::config() as text, or kNoRule
    std::size_t max_slice_bytes = 1 << 20;
    // Elements; not 0 for a rule that clips by norms: slices are whole blocks, and a step has two halves.
    std::size_t norm_block = 0;
  };
  // Every worker opens the same table; servers refuse one that differs from the first worker's.
  virtual void open_table(const TableSpec& spec) = 0;
  virtual const std::vector<Slice>& slices(std::uint64_t table) const = 0;

  // Memory of this host, laid out as optim::TileLayout says, in which the table lies from now on: gradients are not
  // pushed any more, `read` and `write` go on. The chief's call, before the first weights are written. Throws PeerError
  // naming the server that cannot map it; then the call without memory puts the table back where it was.
  struct Share {
    std::int64_t process = 0;  // 0: back into the servers' own memory
    std::int32_t descriptor = -1;
    std::uint64_t bytes = 0;
    std::size_t elements = 0;                        // of the arena
    std::vector<std::size_t> variable_offsets = {};  // elements, in the arena
  };
  virtual void share_table(std::uint64_t table, const Share& share) = 0;

  // Sends one slice's gradient of `step`, and receives its new weights once every worker's has come. The memory must
  // stay until the callback ran (on the io thread: it may not block). Buckets: slices given in one call travel in one
  // frame per server. `done` runs once, also when the exchange failed (`check` tells), unless the client is destroyed
  // first. Steps of a table grow, until weights are written. Gradient and weights may be the same memory.
  struct PushPull {
    int slice = 0;
    const void* gradient = nullptr;
    void* weights = nullptr;
  };
  virtual void push_pull(std::uint64_t table, std::int64_t step, double learning_rate, std::int64_t iteration,
                         std::span<const PushPull> parts, std::function<void()> done) = 0;
  // The halves of push_pull by themselves. A push is answered as soon as its gradients are counted. A pull waits for
  // the step to be applied, and brings what stands there then: at least that step's weights, or exactly that step's
  // sum; a sum that another has replaced is refused. Of each slice a worker has at most one pull under way, and pushes
  // its next gradient only when that is answered. The weights before any step are `read`.
  struct Push {
    int slice = 0;
    const void* gradient = nullptr;
  };
  struct Pull {
    int slice = 0;
    void* weights = nullptr;
  };
  virtual void push(std::uint64_t table, std::int64_t step, double learning_rate, std::int64_t iteration,
                    std::span<const Push> parts, std::function<void()> done) = 0;
  virtual void pull(std::uint64_t table, std::int64_t step, std::span<const Pull> parts,
                    std::function<void()> done) = 0;
  // The two halves of a step of a table with norm_block; both as push_pull otherwise. The first brings the sums of
  // squares of each block of the slice in the sum of all workers' gradients; the second, which every worker calls with
  // the same bits, sends what that sum is multiplied by, and brings the new weights.
  struct PushNorms {
    int slice = 0;
    const void* gradient = nullptr;
    double* squares = nullptr;
  };
  struct Apply {
    int slice = 0;
    const double* scale = nullptr;  // stays until `done`
    void* weights = nullptr;
  };
  virtual void push_norms(std::uint64_t table, std::int64_t step, std::span<const PushNorms> parts,
                          std::function<void()> done) = 0;
  virtual void apply(std::uint64_t table, std::int64_t step, double learning_rate, std::int64_t iteration,
                     std::span<const Apply> parts, std::function<void()> done) = 0;
  // Rethrows what the io thread met, if anything.
  virtual void check() = 0;

  // Whole-slice reads and writes outside of a step (blocking). Slot -1 is the weights, 0... the rule's state.
  virtual void read(std::uint64_t table, int slice, int slot, void* out) = 0;
  virtual void write(std::uint64_t table, int slice, int slot, const void* values) = 0;

  // --- collectives, through server 0 (blocking; every worker calls them in the same order) ---
  virtual void barrier() = 0;
  virtual void sum(std::span<double> values) = 0;  // in rank order
  virtual std::string broadcast(const std::string& from_rank_0) = 0;
  virtual std::vector<std::string> gather(const std::string& mine) = 0;  // rank 0 gets all

  // Says goodbye: a server ends when every worker has. Without it, a closed connection is a failure.
  virtual void finish() = 0;
};

}  // namespace shoal::ps
