#include <cstdio>
#include <exception>
#include <string>

#include "common/base/log.h"
#include "launcher/commands.h"

// The tool `shoal`.
int main(int argc, char** argv) {
  const std::string version = "shoal " SHOAL_VERSION;
  int exit_code = 0;
  CLI::App tool("Keras-style training on one machine or a cluster with parameter servers", "shoal");
  tool.set_version_flag("--version", version, "Print the version and exit");
  tool.require_subcommand(1);
  shoal::launcher::add_run(tool, exit_code);
  shoal::launcher::add_doctor(tool, exit_code);
  shoal::launcher::add_checkpoint(tool, exit_code);
  tool.add_subcommand("version", "Print the version")->callback([&] { std::puts(version.c_str()); });
  try {
    tool.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return tool.exit(error);
  } catch (const std::exception& error) {
    shoal::log::error("{}", error.what());
    return 2;
  }
  return exit_code;
}
