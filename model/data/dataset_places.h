#pragma once

#include <string>
#include <vector>

namespace shoal::datasets {

std::string cache_directory();  // where fetched files go: $XDG_CACHE_HOME/shoal/datasets, else ~/.cache/shoal/datasets

// Directories that may hold a data set, the first to be asked first: `directory` alone when given; else $SHOAL_DATA,
// the cache, Keras's cache. Each is followed by its `subfolders`.
std::vector<std::string> places(const std::string& directory, const std::vector<std::string>& subfolders);

// The first place that has all of the files, or "".
std::string find_files(const std::vector<std::string>& places, const std::vector<std::string>& files);

}  // namespace shoal::datasets
