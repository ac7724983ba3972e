#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/net/asio.h"

namespace shoal::net {

inline constexpr std::string_view kUnix = "unix:";

// The endpoint of "unix:NAME": an abstract Unix socket, which has no file and reaches no other network namespace.
// Nothing for any other address; throws PeerError when the name is empty or too long.
std::optional<asio::local::stream_protocol::endpoint> unix_endpoint(const std::string& address);

}  // namespace shoal::net
