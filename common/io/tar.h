#pragma once

#include <string>
#include <vector>

namespace shoal::io {

// Writes the named members (by their path in the archive) of a .tar or .tar.gz as `directory/<last part of the path>`,
// each whole or not at all. Other members are passed over, so nothing else is ever written. IoError names the archive
// when it is damaged, ends early, or lacks a member.
void extract_tar_members(const std::string& archive, const std::vector<std::string>& members,
                         const std::string& directory);

}  // namespace shoal::io
