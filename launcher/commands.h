#pragma once

#include <CLI/CLI.hpp>

namespace shoal::launcher {

// Each adds one command with its options to the tool; when the command is chosen, it runs and sets the exit code.
void add_run(CLI::App& tool, int& exit_code);
void add_checkpoint(CLI::App& tool, int& exit_code);
void add_doctor(CLI::App& tool, int& exit_code);

}  // namespace shoal::launcher
