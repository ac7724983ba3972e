#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "common/io/hdf5.h"
#include "model/saving/weights_file.h"

namespace shoal::saving {

// What stands in a checkpoint's group /shoal.
struct CheckpointNotes {
  nlohmann::json state;                       // TrainingState
  nlohmann::json optimizer;                   // the rule's configuration
  std::map<std::string, std::uint32_t> crcs;  // CRC-32 of each dataset's bytes in memory order, by path
};

void write_notes(const hdf5::Group& root, const CheckpointNotes& notes);

// An open checkpoint whose seal and notes have been verified. Throws IoError saying what is unsound.
class CheckpointReader {
 public:
  explicit CheckpointReader(const std::string& path);
  const CheckpointNotes& notes() const { return notes_; }
  hdf5::Group root() const { return file_.root(); }
  // Throws IoError when bytes that were read differ from those that were written.
  Observer verifier() const;
  // Reads every dataset against its checksum.
  void verify_all() const;

 private:
  std::string path_;
  hdf5::File file_;
  CheckpointNotes notes_;
};

}  // namespace shoal::saving
