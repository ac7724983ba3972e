#include "common/net/tls_error.h"

#include "common/net/asio_ssl.h"

namespace shoal::net {
namespace {

enum class Fault { other_key = 1, refused, no_tls, ended };

class Category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "shoal TLS"; }
  std::string message(int fault) const override {
    switch (static_cast<Fault>(fault)) {
      case Fault::other_key:
        return "TLS: its key is not this job's";
      case Fault::refused:
        return "TLS: it refused the key of this process";
      case Fault::no_tls:
        return "it does not speak TLS, which this side asks for";
      case Fault::ended:
        return "it closed the connection during the TLS handshake; it may not speak TLS";
    }
    return "TLS: unknown fault";
  }
};

boost::system::error_code make(Fault fault) {
  static const Category category;
  return {static_cast<int>(fault), category};
}

}  // namespace

boost::system::error_code explain_tls_error(const boost::system::error_code& error, bool handshake_done) {
  const bool ended = error == asio::ssl::error::stream_truncated || error == asio::error::eof ||
                     error == asio::error::connection_reset || error == asio::error::broken_pipe;
  if (ended) return handshake_done ? asio::error::make_error_code(asio::error::eof) : make(Fault::ended);
  if (error.category() != asio::error::get_ssl_category()) return error;
  switch (ERR_GET_REASON(static_cast<unsigned long>(error.value()))) {
    case SSL_R_BINDER_DOES_NOT_VERIFY:
      return make(Fault::other_key);
    case SSL_R_SSLV3_ALERT_ILLEGAL_PARAMETER:
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
      return make(Fault::refused);
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_HTTP_REQUEST:
      return make(Fault::no_tls);
    default:
      return error;
  }
}

}  // namespace shoal::net
