#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <string>

#include "common/net/operation.h"

namespace shoal::net {

inline constexpr std::size_t kMaxBuffers = 64;  // in one gathered read or write

// A stream of bytes to one peer. At most one read and one write at a time; the bytes' memory must stay until the
// operation is done, the lists of spans need not.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual void read_some(std::span<const std::span<std::byte>> into, Operation& operation) = 0;
  virtual void write_some(std::span<const std::span<const std::byte>> from, Operation& operation) = 0;
  virtual void close() = 0;                     // what is under way fails
  virtual const std::string& peer() const = 0;  // "10.0.0.3:4711", "process 4711 of this host"
  // "TCP", "Unix socket", "TCP with TLSv1.3 TLS_AES_128_GCM_SHA256", once TLS has shaken hands.
  virtual std::string protocol() const = 0;
};

class Tls;
enum class Side { dialed, accepted };  // this side of a connection

// With `tls`: TLS over TCP.
std::shared_ptr<Transport> make_transport(asio::ip::tcp::socket socket, const std::shared_ptr<Tls>& tls, Side side);
std::shared_ptr<Transport> make_transport(asio::local::stream_protocol::socket socket, const std::shared_ptr<Tls>& none,
                                          Side side);
std::shared_ptr<Transport> make_tls_transport(asio::ip::tcp::socket socket, std::shared_ptr<Tls> tls, Side side);

std::string describe_peer(const asio::ip::tcp::socket& socket);

// co_await these as named locals, each in a statement of its own; the result is in the operation.
class Reading {
 public:
  Reading(Transport& transport, std::span<const std::span<std::byte>> into, Operation& operation)
      : transport_(transport), into_(into), operation_(operation) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    operation_.waiting = self;
    transport_.read_some(into_, operation_);
  }
  void await_resume() const noexcept {}

 private:
  Transport& transport_;
  std::span<const std::span<std::byte>> into_;
  Operation& operation_;
};

class Writing {
 public:
  Writing(Transport& transport, std::span<const std::span<const std::byte>> from, Operation& operation)
      : transport_(transport), from_(from), operation_(operation) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) {
    operation_.waiting = self;
    transport_.write_some(from_, operation_);
  }
  void await_resume() const noexcept {}

 private:
  Transport& transport_;
  std::span<const std::span<const std::byte>> from_;
  Operation& operation_;
};

}  // namespace shoal::net
