#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/train/parameter_updater.h"

namespace shoal::train {

// What training knows of the job it is part of. Alone: rank 0 of 1. `launcher/runtime` installs another one in a
// worker. Collective calls are made by every worker in the same order.
class RunContext {
 public:
  virtual ~RunContext() = default;
  virtual int rank() const = 0;  // among workers
  virtual int workers() const = 0;
  bool is_chief() const { return rank() == 0; }
  virtual int threads() const = 0;  // compute threads of this process

  virtual ArenaAllocator arena_allocator() = 0;
  // One per compiled model; state of the optimizer lives as long as it does.
  virtual std::unique_ptr<ParameterUpdater> make_updater(const ParameterSpace& space, const nlohmann::json& rule) = 0;

  virtual void barrier() = 0;
  // Element by element, added in rank order; every worker gets the same bits.
  virtual void sum(std::span<double> values) = 0;
  virtual std::string broadcast(const std::string& from_chief) = 0;  // every worker gets the chief's
  virtual std::vector<std::string> gather(
      const std::string& mine) = 0;  // the chief gets all in rank order, others nothing

  // What this process is doing, for the one line that names who failed: "step 120 of epoch 2". Cheap.
  virtual void set_activity(const char* what, std::int64_t number) = 0;
};

RunContext& run_context();                                  // never null: alone by default
void set_run_context(std::unique_ptr<RunContext> context);  // null: back to alone

}  // namespace shoal::train
