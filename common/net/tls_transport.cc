#include <algorithm>
#include <cstring>

#include "common/net/tls_context.h"
#include "common/net/tls_error.h"
#include "common/net/transport.h"

namespace shoal::net {
namespace {

constexpr std::size_t kRecord = 16 * 1024;  // the most that one record of TLS carries

// Asio's stream reads and writes one buffer at a time. So small spans are gathered into one record before they are
// written, and what a record holds beyond the first span is spread over the next ones.
class TlsTransport final : public Transport {
 public:
  TlsTransport(asio::ip::tcp::socket socket, std::shared_ptr<Tls> tls, Side side)
      : tls_(std::move(tls)), peer_(describe_peer(socket)), stream_(std::move(socket), tls_->context) {
    SSL_clear_mode(ssl(), SSL_MODE_RELEASE_BUFFERS);  // which would allocate for each record
    // The first write or read does the handshake.
    if (side == Side::dialed) {
      SSL_set_connect_state(ssl());
      // A side that does not take the key would have to show a certificate, and there is none that would be believed.
      SSL_set_verify(ssl(), SSL_VERIFY_PEER, nullptr);
    } else {
      SSL_set_accept_state(ssl());
    }
    boost::system::error_code ignored;
    stream_.next_layer().non_blocking(true, ignored);
  }

  void read_some(std::span<const std::span<std::byte>> into, Operation& operation) override {
    places_ = 0;
    for (std::size_t i = 0; i < into.size() && places_ < kMaxBuffers; ++i)
      if (!into[i].empty()) into_[places_++] = into[i];
    stream_.async_read_some(asio::buffer(into_[0].data(), places_ == 0 ? 0 : into_[0].size()),
                            Done{this, true, Completion(operation)});
  }

  void write_some(std::span<const std::span<const std::byte>> from, Operation& operation) override {
    std::size_t first = 0;
    while (first + 1 < from.size() && from[first].empty()) ++first;
    std::span<const std::byte> record;
    if (first < from.size()) record = from[first];
    if (record.size() < kRecord && first + 1 < from.size()) record = gather(from.subspan(first));
    record = record.first(std::min(record.size(), kRecord));
    rekey(record.size());
    stream_.async_write_some(asio::buffer(record.data(), record.size()), Done{this, false, Completion(operation)});
  }

  void close() override {
    boost::system::error_code ignored;
    stream_.next_layer().close(ignored);
  }
  const std::string& peer() const override { return peer_; }
  std::string protocol() const override {
    SSL* handle = stream_.native_handle();
    return std::string("TCP with ") + SSL_get_version(handle) + " " + SSL_get_cipher_name(handle);
  }

 private:
  // Goes before a Completion.
  struct Done {
    using allocator_type = Completion::allocator_type;
    TlsTransport* transport;
    bool reading;
    Completion completion;

    allocator_type get_allocator() const noexcept { return completion.get_allocator(); }
    void operator()(boost::system::error_code error, std::size_t bytes) {
      if (error)
        error = explain_tls_error(error, SSL_is_init_finished(transport->ssl()) == 1);
      else if (reading)
        bytes = transport->spread(bytes);
      completion(error, bytes);
    }
  };

  SSL* ssl() { return stream_.native_handle(); }

  std::span<const std::byte> gather(std::span<const std::span<const std::byte>> from) {
    std::size_t size = 0;
    for (const auto& span : from) {
      const std::size_t n = std::min(span.size(), kRecord - size);
      if (n > 0) std::memcpy(record_.data() + size, span.data(), n);
      size += n;
      if (size == kRecord) break;
    }
    return std::span(record_).first(size);
  }

  // The first span took `bytes`; what else is decrypted goes on behind them.
  std::size_t spread(std::size_t bytes) {
    std::size_t total = bytes;
    std::span<std::byte> place = into_[0].subspan(bytes);
    for (std::size_t at = 0; SSL_pending(ssl()) > 0;) {
      if (place.empty()) {
        if (++at == places_) break;
        place = into_[at];
      }
      const int n = SSL_read(ssl(), place.data(), static_cast<int>(std::min(place.size(), kRecord)));
      if (n <= 0) break;
      place = place.subspan(static_cast<std::size_t>(n));
      total += static_cast<std::size_t>(n);
    }
    return total;
  }

  void rekey(std::size_t bytes) {
    since_rekey_ += bytes;
    if (since_rekey_ < tls_->rekey_bytes || SSL_is_init_finished(ssl()) != 1) return;
    if (SSL_key_update(ssl(), SSL_KEY_UPDATE_NOT_REQUESTED) == 1) since_rekey_ = 0;
  }

  const std::shared_ptr<Tls> tls_;
  const std::string peer_;
  mutable asio::ssl::stream<asio::ip::tcp::socket> stream_;
  std::array<std::span<std::byte>, kMaxBuffers> into_;
  std::size_t places_ = 0;
  std::array<std::byte, kRecord> record_;
  std::uint64_t since_rekey_ = 0;
};

}  // namespace

std::shared_ptr<Transport> make_tls_transport(asio::ip::tcp::socket socket, std::shared_ptr<Tls> tls, Side side) {
  return std::make_shared<TlsTransport>(std::move(socket), std::move(tls), side);
}

}  // namespace shoal::net
