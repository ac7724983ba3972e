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

std::string own_values_path(int worker) { return fmt::format("shoal/worker_state/{}", worker); }

void write_own_values(const hdf5::Group& root, const train::OwnState& own, CheckpointNotes& notes) {
  for (std::size_t worker = 0; worker < own.values.size(); ++worker) {
    const std::string path = own_values_path(static_cast<int>(worker));
    root.write_text(path, own.values[worker]);
    io::Crc32 crc;
    crc.add(own.values[worker].data(), own.values[worker].size());
    notes.crcs[path] = crc.value();
  }
}

void read_own_values(const CheckpointReader& reader, TrainingState& state) {
  if (state.own.weights.empty()) return;
  for (int worker = 0; worker < state.workers; ++worker) {
    const std::string path = own_values_path(worker);
    state.own.values.push_back(reader.root().read_text(path));
    reader.verifier()(path, std::as_bytes(std::span(state.own.values.back())));
  }
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
  read_own_values(reader, state);
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
  write_own_values(file.root(), state.own, notes);
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
