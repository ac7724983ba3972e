#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace shoal {

using Digest = std::array<std::byte, 32>;

// The only file that calls OpenSSL outside TLS.
Digest sha256(std::span<const std::byte> data);
Digest hmac_sha256(std::span<const std::byte> key, std::span<const std::byte> data);
bool equal_constant_time(std::span<const std::byte> a, std::span<const std::byte> b);
void fill_random(std::span<std::byte> out);  // from the system's generator; throws InternalError if it fails

std::string to_hex(std::span<const std::byte> bytes);
std::string sha256_hex_of_file(const std::string& path);  // throws IoError

}  // namespace shoal
