#include "common/net/address.h"

#include "common/base/error.h"
#include "common/net/dialer.h"

namespace shoal::net {

std::optional<asio::local::stream_protocol::endpoint> unix_endpoint(const std::string& address) {
  if (!address.starts_with(kUnix)) return std::nullopt;
  constexpr std::size_t kLongest = 100;
  const std::string name = address.substr(kUnix.size());
  if (name.empty() || name.size() > kLongest)
    raise<PeerError>("address: the name of a Unix socket must have 1 to {} bytes, received '{}'", kLongest, address);
  return asio::local::stream_protocol::endpoint(std::string(1, '\0') + name);
}

std::string place_of(const std::string& address, std::uint16_t port) {
  return address.starts_with(kUnix) ? address : fmt::format("{}:{}", address, port);
}

}  // namespace shoal::net
