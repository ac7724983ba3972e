#pragma once

#include "model/plan/plan.h"
#include "model/plan/program.h"

namespace shoal::plan {

// Where an item's values lie during a run.
enum class Place {
  kGiven,     // constants, variables, inputs, scalars of the step
  kGradient,  // the variable's place in the gradient arena
  kArena,     // whole, in the activation arena
  kBlock,     // only the block of rows at hand, in the area of the thread at work
  kNone       // aliases and roots
};

// Items that run together: one that needs all rows at once, or many that treat the rows block by block.
struct Segment {
  bool by_rows = false;
  std::vector<int> items;  // kCompute
  std::vector<int> ready;  // kApplyGradient items to announce when the segment is done
};

// In which order a program runs; nothing here changes a result.
struct Schedule {
  std::vector<Segment> segments;
  std::vector<int> segment_of;   // of an item, -1 for what does not run
  std::vector<Place> places;     // of an item
  std::vector<int> gradient_of;  // kApplyGradient item that a kGradient item is, else -1
  std::vector<int> last_use;     // segment that reads an item's values last; past the end when they outlive the run
  std::vector<int> assigns;      // kAssign items in program order
};

// May add items that copy a value into its gradient.
Schedule make_schedule(Program& program, Options::Order order);

}  // namespace shoal::plan
