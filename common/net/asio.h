#pragma once

// The only place that includes Asio (but for asio_ssl.h). Boost 1.74's awaitable.hpp uses std::exchange without
// including <utility>.
#include <utility>
// GCC's thread sanitizer does not know the fences that Asio adds to its locks; the locks are enough.
#if defined(__SANITIZE_THREAD__)
#define BOOST_ASIO_DISABLE_FENCED_BLOCK 1
#endif
#include <boost/asio.hpp>

namespace shoal::net {
namespace asio = boost::asio;
}  // namespace shoal::net
