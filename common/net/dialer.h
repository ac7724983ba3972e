#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/net/loop.h"

namespace shoal::net {

class Transport;

// Connects to one of the addresses that `host` stands for; calls on the loop's thread with a transport, or with none
// and what went wrong ("Connection refused", "no answer within 5 s"). Call it on the loop's thread. Resolving a name
// may block; a numeric address does not.
void dial(Loop& loop, const std::string& host, std::uint16_t port, double seconds,
          std::function<void(std::shared_ptr<Transport>, std::string error)> done);

}  // namespace shoal::net
