#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>

#include "launcher/runtime/supervisor_link.h"

// How a process ends, and who hears of it. An exception that nobody catches becomes one line, "[worker 1] error: ...",
// and exit code 1, without goodbye to anyone: so the whole job ends. A process that exits in the normal way tells its
// supervisor with which code.
namespace shoal::launcher {

// Once, before anything can fail.
void install_ending();
// The link is kept until the process ends.
SupervisorLink* keep_link(std::unique_ptr<SupervisorLink> link);
// What exit(0) must do first, while set: the Runtime's own end. An exception from it makes the process a failed one.
void set_farewell(std::function<void()> farewell);
// From here on the process counts as failed, whatever its exit code.
void mark_failed(const std::string& why);

// The line, the supervisor's word, _exit(1). When a peer is to blame the supervisor gets two seconds to name the first
// to fail, and then this process ends without a line of its own.
[[noreturn]] void end_with_error(std::exception_ptr error);

}  // namespace shoal::launcher
