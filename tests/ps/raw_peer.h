#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <span>
#include <utility>

#include "common/base/digest.h"
#include "common/wire/frame.h"
#include "common/wire/hello.h"
#include "ps/client/client.h"

namespace shoal::ps {

// A plain blocking socket to a server, to say what a client never says.
class RawPeer {
 public:
  explicit RawPeer(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    timeval limit{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  }
  ~RawPeer() { close(); }
  RawPeer(const RawPeer&) = delete;
  RawPeer& operator=(const RawPeer&) = delete;

  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  void send(std::span<const std::byte> bytes) {
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  // False when the server closed the connection first.
  bool receive(std::span<std::byte> bytes) {
    for (std::size_t at = 0; at < bytes.size();) {
      const ssize_t n = ::recv(socket_, bytes.data() + at, bytes.size() - at, 0);
      if (n <= 0) return false;
      at += static_cast<std::size_t>(n);
    }
    return true;
  }
  bool closed_by_server() {
    std::byte byte;
    const ssize_t n = ::recv(socket_, &byte, 1, 0);
    return n == 0 || (n < 0 && errno == ECONNRESET);
  }

  // The whole handshake as worker `rank`; the code of the server's verdict.
  wire::Code prove(const Identity& identity, std::uint32_t rank, std::uint16_t version = 1) {
    wire::Hello hello;
    hello.version = version;
    hello.rank = rank;
    hello.workers = identity.workers;
    hello.job = sha256(std::as_bytes(std::span(identity.job)));
    fill_random(hello.nonce);
    const wire::HelloBytes mine = wire::encode(hello);
    send(mine);
    wire::HelloBytes theirs{};
    if (!receive(theirs)) return wire::Code::other_job;
    wire::Verdict verdict;
    verdict.proof = wire::make_proof(identity.secret, wire::Direction::initiator, mine, theirs);
    send(wire::encode(verdict));
    wire::VerdictBytes answer{};
    if (!receive(answer)) return wire::Code::other_job;
    return wire::decode_verdict(answer).code;
  }

 private:
  int socket_;
};

inline std::array<std::byte, wire::kHeaderBytes> bytes_of(const wire::Header& header) {
  std::array<std::byte, wire::kHeaderBytes> bytes{};
  wire::encode(header, bytes);
  return bytes;
}

}  // namespace shoal::ps
