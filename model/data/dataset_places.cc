#include "model/data/dataset_places.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace shoal::datasets {

namespace fs = std::filesystem;

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

fs::path home() {
  const std::string home = variable("HOME");
  return home.empty() ? fs::temp_directory_path() : fs::path(home);
}

}  // namespace

std::string cache_directory() {
  const std::string cache = variable("XDG_CACHE_HOME");
  return ((cache.empty() ? home() / ".cache" : fs::path(cache)) / "shoal" / "datasets").string();
}

std::vector<std::string> places(const std::string& directory, const std::vector<std::string>& subfolders) {
  std::vector<fs::path> roots;
  if (!directory.empty()) {
    roots.emplace_back(directory);
  } else {
    if (const std::string named = variable("SHOAL_DATA"); !named.empty()) roots.emplace_back(named);
    roots.emplace_back(cache_directory());
    const std::string keras = variable("KERAS_HOME");
    roots.push_back((keras.empty() ? home() / ".keras" : fs::path(keras)) / "datasets");
  }
  std::vector<std::string> places;
  for (const auto& root : roots) {
    places.push_back(root.string());
    for (const auto& folder : subfolders) places.push_back((root / folder).string());
  }
  return places;
}

std::string find_files(const std::vector<std::string>& places, const std::vector<std::string>& files) {
  for (const auto& place : places) {
    const bool all = std::all_of(files.begin(), files.end(), [&](const std::string& file) {
      std::error_code ignored;
      return fs::is_regular_file(fs::path(place) / file, ignored);
    });
    if (all) return place;
  }
  return "";
}

}  // namespace shoal::datasets
