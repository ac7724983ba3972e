#pragma once

#include "common/base/digest.h"
#include "common/net/asio_ssl.h"
#include "common/net/tls.h"

namespace shoal::net {

class Tls {
 public:
  Tls(std::span<const std::byte> secret, std::uint64_t rekey_bytes);

  asio::ssl::context context;
  const Digest key;
  const std::uint64_t rekey_bytes;
};

}  // namespace shoal::net
