#pragma once

#include <fmt/core.h>

#include <string>
#include <string_view>
#include <utility>

namespace shoal::log {

// One line to stderr, whole in a single write, with this process's tag in front: "[worker 1] warning: ...".
void write(std::string_view level, std::string_view text);

// The tag of this process in a job ("worker 1", "server 0"); empty when it runs alone, and then no tag is written.
void set_tag(std::string tag);
const std::string& tag();

// Quiet processes (every worker but the chief) drop `info`; warnings and errors are always written.
void set_quiet(bool quiet);
bool quiet();

template <class... Args>
void info(fmt::format_string<Args...> format, Args&&... args) {
  if (!quiet()) write("", fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void warning(fmt::format_string<Args...> format, Args&&... args) {
  write("warning", fmt::format(format, std::forward<Args>(args)...));
}

template <class... Args>
void error(fmt::format_string<Args...> format, Args&&... args) {
  write("error", fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace shoal::log
