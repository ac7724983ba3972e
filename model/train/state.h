#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "model/plan/workspace.h"
#include "model/train/model.h"
#include "model/train/step_program.h"

namespace shoal {

// What compile and fit keep in a model. For model/train alone.
struct Model::State {
  std::optional<CompileOptions> options;
  ParameterSpace space;
  bool has_space = false;
  std::unique_ptr<train::ParameterUpdater> updater;                     // of `space` and the optimizer in `options`
  std::map<std::string, std::unique_ptr<train::StepProgram>> programs;  // by signature; they hold places in `space`
  std::shared_ptr<plan::Workspace> workspace =
      std::make_shared<plan::Workspace>();  // of all programs: one runs at a time
  std::uint64_t program_seed = 0;           // random draws of the programs are keyed by it
  std::int64_t step = 0;                    // training steps over all fits: keys random draws and data order
  bool published = false;                   // every worker has the chief's weights
  bool fitting = false;
  std::vector<Tensor> call_losses;  // what layers added in the last call outside of fit
};

namespace train {

DType dtype_of_model(const Model& model);

// Makes every worker's weights the chief's unless they are already. Before anything that reads them.
void make_weights_common(Model& model);

// The program for this kind and signature, made at need. Throws ValueError when shapes do not fit.
StepProgram& program_for(Model& model, const Signature& signature);

}  // namespace train
}  // namespace shoal
