#include "model/saving/checkpoint_file.h"

#include "common/base/error.h"
#include "common/io/crc32.h"
#include "model/saving/checkpoint_seal.h"
#include "model/saving/json_text.h"

namespace shoal::saving {

using nlohmann::json;

namespace {

constexpr const char* kState = "shoal/state";
constexpr const char* kChecksums = "shoal/checksums";

std::uint32_t crc_of(const std::string& text) {
  io::Crc32 crc;
  crc.add(text.data(), text.size());
  return crc.value();
}

hdf5::File open_sealed(const std::string& path) {
  verify_seal(path);
  return hdf5::File::open(path);
}

}  // namespace

void write_notes(const hdf5::Group& root, const CheckpointNotes& notes) {
  const std::string state = json{{"format", 1}, {"training", notes.state}, {"optimizer", notes.optimizer}}.dump();
  json sums = notes.crcs;
  sums[kState] = crc_of(state);
  root.write_text(kState, state);
  root.write_text(kChecksums, sums.dump());
}

CheckpointReader::CheckpointReader(const std::string& path) : path_(path), file_(open_sealed(path)) {
  const std::string state = root().read_text(kState);
  const json sums = parse_json(root().read_text(kChecksums), path + ": /shoal/checksums");
  const json stored = parse_json(state, path + ": /shoal/state");
  try {
    sums.get_to(notes_.crcs);
    if (notes_.crcs.at(kState) != crc_of(state)) raise<IoError>("{}: /shoal/state: differs from its checksum", path);
    notes_.crcs.erase(kState);
    notes_.state = stored.at("training");
    notes_.optimizer = stored.at("optimizer");
  } catch (const json::exception& error) {
    raise<IoError>("{}: /shoal: {}", path, error.what());
  } catch (const std::out_of_range&) {
    raise<IoError>("{}: /shoal/checksums: has none of /shoal/state", path);
  }
}

Observer CheckpointReader::verifier() const {
  return [this](const std::string& dataset, std::span<const std::byte> bytes) {
    const auto expected = notes_.crcs.find(dataset);
    if (expected == notes_.crcs.end()) raise<IoError>("{}: /{}: has no checksum", path_, dataset);
    io::Crc32 crc;
    crc.add(bytes);
    if (crc.value() != expected->second) raise<IoError>("{}: /{}: differs from its checksum", path_, dataset);
  };
}

void CheckpointReader::verify_all() const {
  const Observer verify = verifier();
  std::vector<std::byte> buffer;
  for (const auto& [path, crc] : notes_.crcs) {
    const hdf5::Dataset dataset = root().dataset(path);
    const bool wide = dataset.type() == hdf5::Type::kFloat64 || dataset.type() == hdf5::Type::kInt64;
    const std::size_t size = dataset.type() == hdf5::Type::kUInt8 ? 1 : wide ? 8 : 4;
    if (dataset.type() == hdf5::Type::kOther) raise<IoError>("{}: is of a type that is never written", dataset.place());
    buffer.resize(dataset.elements() * size);
    dataset.read(dataset.type(), 0, dataset.elements(), buffer.data());
    verify(path, buffer);
  }
}

}  // namespace shoal::saving
