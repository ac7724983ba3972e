#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "model/train/history.h"

namespace shoal::viz {

// Keras's progress bar of one pass over the data, on the chief's standard output. On a terminal it is redrawn in
// place at most every 0.05 s; elsewhere one line says how the pass ended.
class ProgressBar {
 public:
  // verbose: 0 silent, 1 bar, 2 one line, -1 bar on a terminal and else one line.
  ProgressBar(std::int64_t target, int verbose);

  bool visible() const { return style_ != Style::kNone; }
  void title(int epoch, int epochs);  // "Epoch 1/10"
  void update(std::int64_t current, const Logs& logs);
  void finish(const Logs& logs);  // the last state, with logs that were not known before

  // The text of an update, for tests. `seconds` since the start, `step_seconds` for one step.
  std::string bar_text(std::int64_t current, const Logs& logs, double seconds, double step_seconds, bool last);
  std::string line_text(std::int64_t current, const Logs& logs, double seconds, double step_seconds) const;

 private:
  enum class Style { kNone, kBar, kLine };
  using Clock = std::chrono::steady_clock;
  double seconds_since(Clock::time_point start) const;
  double step_seconds(std::int64_t current) const;

  std::int64_t target_, current_ = 0;
  Style style_;
  Clock::time_point start_ = Clock::now(), after_first_{}, drawn_{};
  std::size_t width_ = 0;  // columns of the last drawing
};

}  // namespace shoal::viz
