#pragma once

#include "common/net/asio.h"
#include "common/net/loop.h"

namespace shoal::net {

struct Loop::Context {
  asio::io_context io{1};
};

}  // namespace shoal::net
