#pragma once

#include "launcher/run_options.h"

namespace shoal::launcher {

// `shoal run`: starts the job through mpirun, watches every process over a connection of its own, ends everything when
// one fails, and returns the job's verdict as exit code: 0 only when every process said goodbye with 0. Throws
// ValueError or IoError when the job cannot be started.
int supervise(const RunOptions& options);

}  // namespace shoal::launcher
