#pragma once

#include <string>
#include <vector>

#include "launcher/doctor/examination.h"

namespace shoal::launcher {

// What a person reads, with aligned columns; a host that has failed is a row of dashes. The
// second process on a single host has no row of its own.
std::string host_table(const Examination& examination);
std::string pair_table(const Examination& examination);

// Every cell but a row's last is as wide as its column; the first row is the head.
std::string align(const std::vector<std::vector<std::string>>& rows);

}  // namespace shoal::launcher
