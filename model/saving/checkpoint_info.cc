#include <map>

#include "common/base/error.h"
#include "model/saving/checkpoint.h"
#include "model/saving/checkpoint_file.h"
#include "model/saving/checkpoint_state.h"

namespace shoal::saving {

namespace {

// By groups as they stand in the file, members "0", "1", ..., "10" in the order of numbers.
struct ByNumber {
  bool operator()(const std::string& a, const std::string& b) const {
    const auto cut = [](const std::string& path) { return path.rfind('/') + 1; };
    const int order = a.compare(0, cut(a), b, 0, cut(b));
    if (order != 0) return order < 0;
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  }
};

std::string type_name(hdf5::Type type) {
  switch (type) {
    case hdf5::Type::kFloat32:
      return "float32";
    case hdf5::Type::kFloat64:
      return "float64";
    case hdf5::Type::kInt32:
      return "int32";
    case hdf5::Type::kInt64:
      return "int64";
    case hdf5::Type::kUInt8:
      return "uint8";
    case hdf5::Type::kOther:
      break;
  }
  return "other";
}

TrainingState state_of(const CheckpointReader& reader, const std::string& path) {
  try {
    return training_state(reader.notes().state);
  } catch (const nlohmann::json::exception& error) {
    raise<IoError>("{}: /shoal/state: {}", path, error.what());
  }
}

}  // namespace

std::string describe_checkpoint(const std::string& path) {
  const CheckpointReader reader(path);
  reader.verify_all();
  const TrainingState state = state_of(reader, path);
  std::string text = fmt::format(
      "{}\n  step {}, epoch {}, next batch {}\n  optimizer {}: {} iterations, learning rate {}\n"
      "  {} samples, global batch {}, {}, seed {}, {} workers, kernels {}\n",
      path, state.step, state.epoch, state.batch, reader.notes().optimizer.value("class_name", "?"), state.iterations,
      state.learning_rate, state.samples, state.global_batch, state.shuffle ? "shuffled" : "in order", state.seed,
      state.workers, state.kernel_level.empty() ? "unknown" : state.kernel_level);
  const std::map<std::string, std::uint32_t, ByNumber> ordered(reader.notes().crcs.begin(), reader.notes().crcs.end());
  for (const auto& [dataset, crc] : ordered) {
    const hdf5::Dataset values = reader.root().dataset(dataset);
    text += fmt::format("  {:<32} {:<20} {}\n", "/" + dataset,
                        Shape({values.dims().begin(), values.dims().end()}).to_string(), type_name(values.type()));
  }
  return text + "  sound: every checksum agrees\n";
}

}  // namespace shoal::saving
