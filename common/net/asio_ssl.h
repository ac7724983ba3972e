#pragma once

// Asio's part for TLS, for the few files that need it.
#include "common/net/asio.h"
// After asio.h, which prepares for it.
#include <boost/asio/ssl.hpp>
