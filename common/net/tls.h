#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace shoal::net {

// What the encrypted connections of one job have in common: TLS 1.3, where each side proves that it has the key made
// from the job's secret. No certificates. The keys of a connection come from a fresh exchange (ECDHE), so that who
// learns the secret later cannot read what was recorded.
class Tls;

// Each side takes a new key after so many bytes: the cipher's safe limit is some 380 GB.
inline constexpr std::uint64_t kRekeyBytes = std::uint64_t{64} << 30;

std::shared_ptr<Tls> make_tls(std::span<const std::byte> secret, std::uint64_t rekey_bytes = kRekeyBytes);

}  // namespace shoal::net
