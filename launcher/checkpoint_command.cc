#include <fmt/core.h>

#include <memory>
#include <string>

#include "launcher/commands.h"
#include "model/saving/checkpoint.h"

namespace shoal::launcher {

void add_checkpoint(CLI::App& tool, int&) {
  CLI::App* command = tool.add_subcommand("checkpoint", "Look into checkpoints");
  command->require_subcommand(1);
  CLI::App* info = command->add_subcommand("info", "Say what a checkpoint holds and whether it is sound");
  auto file = std::make_shared<std::string>();
  info->add_option("FILE", *file, "A checkpoint, such as step-120.weights.h5")->required();
  info->callback([file] {
    const std::string text = saving::describe_checkpoint(*file);
    fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
  });
}

}  // namespace shoal::launcher
