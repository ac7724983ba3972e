#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::launcher {

// What makes a process one of this job: made by its first process, told to the others at the rendezvous.
struct JobSecret {
  std::string job;             // 16 hexadecimal digits; may be printed
  std::vector<std::byte> key;  // 32 random bytes; never printed
};

JobSecret make_secret();
std::string encode(const JobSecret& secret);
JobSecret decode_secret(std::string_view text);  // throws ValueError

std::vector<std::byte> from_hex(std::string_view digits);  // throws ValueError

}  // namespace shoal::launcher
