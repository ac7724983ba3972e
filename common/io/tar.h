#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace shoal::io {

// Writes the named members (by their path in the archive) of a .tar or .tar.gz as `directory/<last part of the path>`,
// each whole or not at all. Other members are passed over, so nothing else is ever written. IoError names the archive
// when it is damaged, ends early, or lacks a member.
void extract_tar_members(const std::string& archive, const std::vector<std::string>& members,
                         const std::string& directory);

// Reads the archive from its start: members for which `wanted` holds go to `take`, whole. IoError as above, and for a
// wanted member of more than `most_bytes`.
void read_tar_members(const std::string& archive, std::uint64_t most_bytes,
                      const std::function<bool(const std::string& name)>& wanted,
                      const std::function<void(const std::string& name, std::string content)>& take);

}  // namespace shoal::io
