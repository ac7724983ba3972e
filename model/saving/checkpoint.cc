#include "model/saving/checkpoint.h"

#include <filesystem>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/io/atomic_file.h"
#include "common/io/crc32.h"
#include "model/saving/checkpoint_directory.h"
#include "model/saving/checkpoint_file.h"
#include "model/saving/checkpoint_seal.h"
#include "model/saving/checkpoint_state.h"

namespace shoal::saving {

namespace {

void check_model(const CheckpointReader& reader, Model& model) {
  check_weights(reader.root(), model, true);
  const nlohmann::json rule = model.optimizer().rule();
  if (reader.notes().optimizer.value("class_name", "") != rule.value("class_name", ""))
    raise<ValueError>("optimizer {} was used, received {}", reader.notes().optimizer.value("class_name", "?"),
                      rule.value("class_name", "?"));
  if (const std::string mismatch = optimizer_mismatch(reader.root(), model); !mismatch.empty())
    raise<ValueError>("optimizer {}", mismatch);
}

TrainingState restore(const std::string& path, Model& model) {
  const CheckpointReader reader(path);
  TrainingState state;
  try {
    state = training_state(reader.notes().state);
  } catch (const nlohmann::json::exception& error) {
    raise<IoError>("{}: /shoal/state: {}", path, error.what());
  }
  try {
    check_model(reader, model);
  } catch (const ValueError& error) {
    raise<ValueError>("{}: belongs to another model: {}", path, error.what());
  }
  read_weights(reader.root(), model, reader.verifier());
  read_optimizer(reader.root(), model, true, reader.verifier());
  model.optimizer().iterations = state.iterations;
  model.optimizer().learning_rate = state.learning_rate;
  return state;
}

}  // namespace

std::string write_checkpoint(const std::string& directory, Model& model, const TrainingState& state, int keep) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) raise<IoError>("{}: the directory cannot be made: {}", directory, error.message());
  const std::string path = checkpoint_path(directory, state.step);
  io::AtomicFile target(path);
  hdf5::File file = hdf5::File::create(target.temporary(), kSealBytes);
  CheckpointNotes notes{to_json(state), model.optimizer().rule(), {}};
  write_state(file.root(), model, [&](const std::string& dataset, std::span<const std::byte> bytes) {
    io::Crc32 crc;
    crc.add(bytes);
    notes.crcs[dataset] = crc.value();
  });
  write_notes(file.root(), notes);
  file.close();
  write_seal(target.temporary());
  target.commit();
  prune_checkpoints(directory, state.step, keep);
  return path;
}

std::optional<TrainingState> restore_newest(const std::string& directory, Model& model) {
  std::string damaged;
  for (const CheckpointFile& file : checkpoints_in(directory)) {
    try {
      return restore(file.path, model);
    } catch (const IoError& error) {
      damaged = error.what();
      log::warning("{}; trying the checkpoint before it", damaged);
    }
  }
  if (!damaged.empty()) raise<IoError>("{}: no checkpoint is sound; the last one tried: {}", directory, damaged);
  return std::nullopt;
}

}  // namespace shoal::saving
