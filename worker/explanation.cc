#include "worker/explanation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "ps/client/traffic.h"
#include "worker/shared_updater.h"

namespace shoal::worker {
namespace {

std::string bytes_text(double bytes) {
  return bytes < 1e4   ? fmt::format("{:.0f} B", bytes)
         : bytes < 1e7 ? fmt::format("{:.1f} kB", bytes * 1e-3)
                       : fmt::format("{:.1f} MB", bytes * 1e-6);
}

std::string time_text(double seconds) {
  return seconds < 1e-3 ? fmt::format("{:.1f} us", seconds * 1e6) : fmt::format("{:.2f} ms", seconds * 1e3);
}

}  // namespace

std::string explain(const ParameterSpace& space, const optim::Rule& rule, const UpdaterOptions& updater,
                    const ExplainOptions& options) {
  const bool sums = options.workers_apply;
  const auto spec = table_spec(space, sums ? nlohmann::json() : rule.config(), updater);
  const auto slices = ps::plan_slices(spec.variable_sizes, spec.element_bytes, options.servers, spec.max_slice_bytes,
                                      spec.norm_block == 0 ? 16 : spec.norm_block);
  const ps::Load load = ps::load_of(slices, spec.element_bytes, options.servers);
  const int workers = static_cast<int>(updater.workers);
  const auto total = static_cast<double>(load.total);

  std::string text =
      fmt::format("Plan: {} variables, {} of weights, rule {}{}; {} workers, {} servers, {}\n",
                  spec.variable_sizes.size(), bytes_text(total), rule.name(), sums ? " applied by every worker" : "",
                  workers, options.servers, options.shared ? "shared memory" : "TCP");
  const auto held =
      ps::server_memory(slices, spec.element_bytes, options.servers, workers, sums ? 0 : rule.slots(), sums);
  for (int server = 0; server < options.servers; ++server) {
    const auto s = static_cast<std::size_t>(server);
    text += fmt::format("  server {}: {} in {} slices", server, bytes_text(static_cast<double>(load.bytes[s])),
                        load.slices[s]);
    text += options.shared ? "\n" : fmt::format(", holds {} bytes\n", held[s]);
  }
  text += fmt::format("  fullest server / mean: {:.3f}\n", load.imbalance());
  if (options.shared)
    text += fmt::format("  shared memory: {} bytes\n", shared_memory_bytes(space, sums ? nullptr : &rule, updater));

  if (options.shared) {
    const int arrays = 1 + rule.slots();
    const auto touched = static_cast<double>(sums ? ps::shared_sum_bytes(load.total, workers, arrays)
                                                  : ps::shared_bytes(load.total, workers, arrays));
    text += fmt::format("A step touches {} of memory ({} gradients read, {} arrays read and written{})\n",
                        bytes_text(touched), workers, arrays,
                        sums ? " by every worker, and the sum, which every worker reads" : "");
    if (options.memory_bytes_per_second > 0)
      text += fmt::format("  least time {} at {:.1f} GB/s of one thread; the memory holds it up\n",
                          time_text(touched / options.memory_bytes_per_second), options.memory_bytes_per_second * 1e-9);
    return text;
  }
  const double rate = options.bits_per_second / 8;
  const double inside = ps::colocated_seconds(load.total, workers, rate);
  const ps::Bound dedicated = ps::dedicated_bound(load, workers, rate);
  text += fmt::format("A step moves {} up and {} down for each worker, {} in and out of the fullest server\n",
                      bytes_text(total), bytes_text(total), bytes_text(static_cast<double>(load.largest) * workers));
  text += fmt::format(
      "Least time of a step at {:g} Gbit/s a host, processes of this plan on hosts of their own: {}; the {} hold it "
      "up\n",
      options.bits_per_second * 1e-9, time_text(options.colocated ? inside : dedicated.seconds),
      !options.colocated && dedicated.servers ? "servers" : "workers");
  text += fmt::format(
      "  for comparison: servers within the workers' processes {}, as many elsewhere as well {}, as many servers as "
      "workers elsewhere {}\n",
      time_text(inside), time_text(ps::mixed_seconds(load.total, workers, options.servers, rate)),
      time_text(total / rate));
  return text;
}

double measure_memory_bandwidth() {
  constexpr std::size_t kElements = 4 << 20;  // 16 MB each: larger than a core's caches
  const auto a = std::make_unique_for_overwrite<float[]>(kElements);
  std::vector<float> b(kElements, 1), c(kElements, 2);
  double best = 1e9;
  for (int round = 0; round < 4; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < kElements; ++i) a[i] = b[i] + 0.5f * c[i];
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    c[static_cast<std::size_t>(round)] = a[kElements - 1];  // the loop's work is wanted
  }
  return 3.0 * kElements * sizeof(float) / best;
}

}  // namespace shoal::worker
