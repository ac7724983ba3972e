#pragma once

#include <string>
#include <vector>

#include "launcher/doctor/examination.h"

namespace shoal::launcher {

struct Finding {
  bool error = false;  // a job would fail; else it would run, but slower or otherwise than expected
  std::string text;    // host, rule and value in one line
  friend bool operator==(const Finding&, const Finding&) = default;
};

// Errors first.
std::vector<Finding> find_problems(const Examination& examination);

}  // namespace shoal::launcher
