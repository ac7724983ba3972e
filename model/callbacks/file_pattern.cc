#include "model/callbacks/file_pattern.h"

#include <fmt/format.h>

#include "common/base/error.h"

namespace shoal::callbacks {
namespace {

std::string fill_field(const std::string& pattern, const std::string& field, int epoch, int batch, const Logs& logs) {
  const auto colon = field.find(':');
  const std::string name = field.substr(0, colon);
  const std::string format = "{:" + (colon == std::string::npos ? "" : field.substr(colon + 1)) + "}";
  try {
    if (name == "epoch") return fmt::format(fmt::runtime(format), epoch);
    if (name == "batch") return fmt::format(fmt::runtime(format), batch);
    const auto value = logs.find(name);
    if (value == logs.end()) raise("ModelCheckpoint: '{}' names '{}', which is not among the logs", pattern, name);
    return fmt::format(fmt::runtime(format), value->second);
  } catch (const fmt::format_error& error) {
    raise("ModelCheckpoint: '{}' has a format that cannot be used, '{}': {}", pattern, field, error.what());
  }
}

}  // namespace

std::string fill_pattern(const std::string& pattern, int epoch, int batch, const Logs& logs) {
  std::string result;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '{') {
      result += pattern[i];
      continue;
    }
    const auto end = pattern.find('}', i);
    if (end == std::string::npos) raise("ModelCheckpoint: '{}' has a brace that is not closed", pattern);
    result += fill_field(pattern, pattern.substr(i + 1, end - i - 1), epoch, batch, logs);
    i = end;
  }
  return result;
}

}  // namespace shoal::callbacks
