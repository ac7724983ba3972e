#pragma once

#include "common/net/asio.h"

namespace shoal::net {

// What an error of a TLS connection says about the peer, in words for a person. When the handshake is done, an end
// without TLS's own goodbye is an end like that of any connection: frames have a goodbye of their own.
boost::system::error_code explain_tls_error(const boost::system::error_code& error, bool handshake_done);

}  // namespace shoal::net
