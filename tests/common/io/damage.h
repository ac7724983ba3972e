#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "common/base/error.h"
#include "tests/common/io/scratch.h"

namespace shoal {

// Reads every shortened form of a sound file, which must be an IoError that names it, and every form with one bit
// flipped, which must be an IoError or go through. `may_end_at`: lengths from which the end is not missed. `every`:
// only each so manieth bit, for readers that wait for the disk.
inline void expect_damage_is_told(const std::string& sound, const std::function<void(const std::string& path)>& read,
                                  std::size_t may_end_at = std::string::npos, std::size_t every = 1) {
  const Scratch scratch;
  for (std::size_t length = 0; length < std::min(sound.size(), may_end_at); ++length) {
    const std::string path = scratch.file("short", sound.substr(0, length));
    try {
      read(path);
      ADD_FAILURE() << "read although cut to " << length << " of " << sound.size() << " bytes";
    } catch (const IoError& error) {
      EXPECT_NE(std::string(error.what()).find(path), std::string::npos) << error.what();
    }
  }
  for (std::size_t bit = 0; bit < sound.size() * 8; bit += every) {
    std::string wrong = sound;
    wrong[bit / 8] = static_cast<char>(wrong[bit / 8] ^ (1 << bit % 8));
    try {
      read(scratch.file("wrong", wrong));
    } catch (const IoError&) {
    }
  }
}

}  // namespace shoal
