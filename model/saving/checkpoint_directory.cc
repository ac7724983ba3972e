#include "model/saving/checkpoint_directory.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string_view>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/io/atomic_file.h"

namespace shoal::saving {

namespace {
constexpr std::string_view kPrefix = "step-", kSuffix = ".weights.h5";
}

std::string checkpoint_path(const std::string& directory, std::int64_t step) {
  return (std::filesystem::path(directory) / fmt::format("{}{}{}", kPrefix, step, kSuffix)).string();
}

std::vector<CheckpointFile> checkpoints_in(const std::string& directory) {
  std::vector<CheckpointFile> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) continue;
    const char* const last = name.data() + name.size() - kSuffix.size();
    std::int64_t step = 0;
    const auto [stop, bad] = std::from_chars(name.data() + kPrefix.size(), last, step);
    if (bad == std::errc() && stop == last && step >= 0) files.push_back({step, entry->path().string()});
  }
  if (error && error != std::errc::no_such_file_or_directory)
    raise<IoError>("{}: cannot be listed: {}", directory, error.message());
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.step > b.step; });
  return files;
}

void prune_checkpoints(const std::string& directory, std::int64_t step, int keep) {
  io::remove_stale_temporaries(directory);
  int kept = 0, later = 0;
  for (const CheckpointFile& file : checkpoints_in(directory)) {
    if (file.step <= step && kept++ < std::max(keep, 1)) continue;
    later += file.step > step;
    std::error_code ignored;
    std::filesystem::remove(file.path, ignored);
  }
  if (later > 0) log::warning("{}: {} checkpoints of later steps than {} are removed", directory, later, step);
}

}  // namespace shoal::saving
