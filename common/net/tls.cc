#include "common/net/tls.h"

#include <string_view>

#include "common/base/error.h"
#include "common/net/tls_context.h"

namespace shoal::net {
namespace {

constexpr std::string_view kIdentity = "shoal";
constexpr std::string_view kLabel = "shoal TLS 1.3 external pre-shared key";
constexpr const char* kCipher = "TLS_AES_128_GCM_SHA256";
constexpr unsigned char kCipherId[2] = {0x13, 0x01};

// Where an SSL_CTX keeps the Tls it is of.
int owner_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

// A session that was never held, with the job's key as its master key: OpenSSL's form of an external key.
SSL_SESSION* make_session(SSL* ssl) {
  const auto* tls = static_cast<const Tls*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), owner_index()));
  const SSL_CIPHER* cipher = SSL_CIPHER_find(ssl, kCipherId);
  SSL_SESSION* session = SSL_SESSION_new();
  if (session != nullptr && cipher != nullptr &&
      SSL_SESSION_set1_master_key(session, reinterpret_cast<const unsigned char*>(tls->key.data()), tls->key.size()) &&
      SSL_SESSION_set_cipher(session, cipher) && SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION))
    return session;
  SSL_SESSION_free(session);
  return nullptr;
}

int use_session(SSL* ssl, const EVP_MD*, const unsigned char** identity, std::size_t* size, SSL_SESSION** session) {
  *session = make_session(ssl);
  *identity = reinterpret_cast<const unsigned char*>(kIdentity.data());
  *size = kIdentity.size();
  return *session != nullptr ? 1 : 0;
}

int find_session(SSL* ssl, const unsigned char* identity, std::size_t size, SSL_SESSION** session) {
  const bool known = std::string_view(reinterpret_cast<const char*>(identity), size) == kIdentity;
  *session = known ? make_session(ssl) : nullptr;
  return !known || *session != nullptr ? 1 : 0;
}

}  // namespace

Tls::Tls(std::span<const std::byte> secret, std::uint64_t bytes)
    : context(asio::ssl::context::tls), key(hmac_sha256(secret, std::as_bytes(std::span(kLabel)))), rekey_bytes(bytes) {
  SSL_CTX* handle = context.native_handle();
  bool good = SSL_CTX_set_min_proto_version(handle, TLS1_3_VERSION) == 1;
  good = good && SSL_CTX_set_max_proto_version(handle, TLS1_3_VERSION) == 1;
  good = good && SSL_CTX_set_ciphersuites(handle, kCipher) == 1;
  good = good && SSL_CTX_set_num_tickets(handle, 0) == 1;
  good = good && SSL_CTX_set_ex_data(handle, owner_index(), this) == 1;
  if (!good) raise<InternalError>("TLS: OpenSSL offers no TLS 1.3 with {}", kCipher);
  SSL_CTX_set_session_cache_mode(handle, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_psk_use_session_callback(handle, use_session);
  SSL_CTX_set_psk_find_session_callback(handle, find_session);
}

std::shared_ptr<Tls> make_tls(std::span<const std::byte> secret, std::uint64_t rekey_bytes) {
  return std::make_shared<Tls>(secret, rekey_bytes);
}

}  // namespace shoal::net
