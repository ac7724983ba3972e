#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/net/loop.h"
#include "common/wire/hello.h"

namespace shoal::net {

class Transport;

// Who this side is, and what the other side must show.
struct Credentials {
  std::string job;
  std::vector<std::byte> secret;
  wire::Role role = wire::Role::worker;
  std::uint32_t rank = 0;
  std::uint32_t workers = 1;
  std::uint32_t incarnation = 0;
};

struct HandshakeResult {
  std::shared_ptr<Transport> transport;  // null: failed
  std::string error;                     // "no handshake within 5 s"
  wire::Hello peer;                      // proved, if there is a transport
};
using OnHandshake = std::function<void(HandshakeResult)>;

// The handshake of docs/wire.md; calls once, on the loop's thread. A failed transport is closed.
void initiate_handshake(Loop& loop, std::shared_ptr<Transport> transport, const Credentials& mine, wire::Role peer_role,
                        std::uint32_t peer_rank, double seconds, OnHandshake done);

// `admit` decides about a worker that has proved itself: accepted, or a code of refusal.
void accept_handshake(Loop& loop, std::shared_ptr<Transport> transport, const Credentials& mine, double seconds,
                      std::function<wire::Code(const wire::Hello&)> admit, OnHandshake done);

}  // namespace shoal::net
