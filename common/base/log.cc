#include "common/base/log.h"

#include <unistd.h>

namespace shoal::log {
namespace {
std::string process_tag;  // set once at start, before threads exist
bool is_quiet = false;
}  // namespace

void write(std::string_view level, std::string_view text) {
  std::string line;
  if (!process_tag.empty()) line += "[" + process_tag + "] ";
  if (!level.empty()) line.append(level).append(": ");
  line.append(text).push_back('\n');
  [[maybe_unused]] auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

void set_tag(std::string tag) { process_tag = std::move(tag); }
const std::string& tag() { return process_tag; }
void set_quiet(bool quiet) { is_quiet = quiet; }
bool quiet() { return is_quiet; }

}  // namespace shoal::log
