#include "common/net/handshake.h"

#include <fmt/core.h>

#include "common/base/error.h"
#include "common/net/transport.h"

namespace shoal::net {
namespace {

using wire::Code;
using wire::Direction;

struct State {
  State(Loop& loop, std::shared_ptr<Transport> to, const Credentials& credentials, double limit, OnHandshake call)
      : transport(std::move(to)), mine(credentials), seconds(limit), done(std::move(call)), deadline(loop, [this] {
          late = true;
          transport->close();
        }) {
    deadline.start(seconds);
    hello.role = mine.role;
    hello.rank = mine.rank;
    hello.incarnation = mine.incarnation;
    hello.workers = mine.workers;
    hello.job = sha256(std::as_bytes(std::span(mine.job)));
    fill_random(hello.nonce);
  }

  void fail(std::string error) {
    deadline.stop();
    transport->close();
    HandshakeResult result;
    result.error = late ? fmt::format("no handshake within {:g} s", seconds) : std::move(error);
    done(std::move(result));
  }
  void succeed() {
    deadline.stop();
    HandshakeResult result;
    result.transport = std::move(transport);
    result.peer = peer;
    done(std::move(result));
  }
  // Whether the rest of `in` was read, or there is no more of it to come.
  bool more_to_read() {
    if (operation.failed()) return false;
    in[0] = in[0].subspan(operation.bytes);
    return !in[0].empty();
  }
  bool more_to_write() {
    if (operation.failed()) return false;
    out[0] = out[0].subspan(operation.bytes);
    return !out[0].empty();
  }
  void expect(std::span<std::byte> bytes) { in[0] = bytes; }
  void say(std::span<const std::byte> bytes) { out[0] = bytes; }
  // A record of TLS where a hello belongs; a hello starts with the letters SHLO.
  bool heard_tls() const {
    return (peer_bytes[0] == std::byte{0x15} || peer_bytes[0] == std::byte{0x16}) && peer_bytes[1] == std::byte{3};
  }
  std::string io_error() const {
    if (heard_tls()) return "it speaks TLS, which this side does not ask for";
    return operation.error == asio::error::eof || operation.error == asio::error::connection_reset
               ? "it closed the connection during the handshake"
               : operation.error.message();
  }

  std::shared_ptr<Transport> transport;
  const Credentials mine;
  const double seconds;
  OnHandshake done;
  bool late = false;
  Timer deadline;
  Operation operation;
  wire::Hello hello, peer;
  wire::HelloBytes hello_bytes{}, peer_bytes{};
  wire::VerdictBytes verdict_bytes{}, peer_verdict{};
  std::array<std::span<std::byte>, 1> in;
  std::array<std::span<const std::byte>, 1> out;
};

// The peer's hello; a code when it cannot be of this job.
Code judge(State& state, Direction direction) {
  if (state.heard_tls()) raise<PeerError>("it speaks TLS, which this side does not ask for");
  state.peer = wire::decode_hello(state.peer_bytes);
  if (state.peer.version != state.hello.version) return Code::other_version;
  if (state.peer.direction != direction) return Code::wrong_rank;
  if (!equal_constant_time(state.peer.job, state.hello.job)) return Code::other_job;
  if (state.peer.workers != state.mine.workers) return Code::other_workers;
  if (state.peer.peer_rank != state.mine.rank) return Code::wrong_rank;
  return Code::accepted;
}

bool proved(const State& state, const wire::Verdict& verdict, Direction direction) {
  const bool initiator = direction == Direction::initiator;
  const Digest proof = wire::make_proof(state.mine.secret, direction, initiator ? state.peer_bytes : state.hello_bytes,
                                        initiator ? state.hello_bytes : state.peer_bytes);
  return equal_constant_time(proof, verdict.proof);
}

std::string refusal(Code code) { return fmt::format("it refused the handshake: {}", wire::explain(code)); }

Task initiate(std::shared_ptr<State> state, wire::Role peer_role, std::uint32_t peer_rank) {
  State& s = *state;
  s.hello.direction = Direction::initiator;
  s.hello.peer_rank = peer_rank;
  s.hello_bytes = wire::encode(s.hello);
  s.say(s.hello_bytes);
  do {
    Writing writing(*s.transport, s.out, s.operation);
    co_await writing;
  } while (s.more_to_write());
  s.expect(s.peer_bytes);
  while (!s.operation.failed() && !s.in[0].empty()) {
    Reading reading(*s.transport, s.in, s.operation);
    co_await reading;
    s.more_to_read();
  }
  if (s.operation.failed()) {
    s.fail(s.io_error());
    co_return;
  }
  Code code = Code::accepted;
  std::string error;
  try {
    code = judge(s, Direction::acceptor);
    if (code == Code::accepted && (s.peer.role != peer_role || s.peer.rank != peer_rank)) code = Code::wrong_rank;
  } catch (const PeerError& caught) {
    error = caught.what();
  }
  if (!error.empty()) {
    s.fail(error);
    co_return;
  }
  wire::Verdict mine;
  mine.code = code;
  if (code == Code::accepted)
    mine.proof = wire::make_proof(s.mine.secret, Direction::initiator, s.hello_bytes, s.peer_bytes);
  s.verdict_bytes = wire::encode(mine);
  s.say(s.verdict_bytes);
  do {
    Writing writing(*s.transport, s.out, s.operation);
    co_await writing;
  } while (s.more_to_write());
  if (code != Code::accepted) {
    s.fail(std::string(wire::explain(code)));
    co_return;
  }
  s.expect(s.peer_verdict);
  while (!s.operation.failed() && !s.in[0].empty()) {
    Reading reading(*s.transport, s.in, s.operation);
    co_await reading;
    s.more_to_read();
  }
  if (s.operation.failed()) {
    s.fail(s.io_error());
    co_return;
  }
  const wire::Verdict verdict = wire::decode_verdict(s.peer_verdict);
  if (verdict.code != Code::accepted)
    s.fail(refusal(verdict.code));
  else if (!proved(s, verdict, Direction::acceptor))
    s.fail(std::string(wire::explain(Code::wrong_proof)));
  else
    s.succeed();
}

Task accept(std::shared_ptr<State> state, std::function<Code(const wire::Hello&)> admit) {
  State& s = *state;
  s.expect(s.peer_bytes);
  while (!s.operation.failed() && !s.in[0].empty()) {
    Reading reading(*s.transport, s.in, s.operation);
    co_await reading;
    s.more_to_read();
  }
  if (s.operation.failed()) {
    s.fail(s.io_error());
    co_return;
  }
  Code code = Code::accepted;
  std::string error;
  try {
    code = judge(s, Direction::initiator);
  } catch (const PeerError& caught) {
    error = caught.what();
  }
  if (!error.empty()) {
    s.fail(error);
    co_return;
  }
  s.hello.direction = Direction::acceptor;
  s.hello.peer_rank = s.peer.rank;
  s.hello_bytes = wire::encode(s.hello);
  s.say(s.hello_bytes);
  do {
    Writing writing(*s.transport, s.out, s.operation);
    co_await writing;
  } while (s.more_to_write());
  s.expect(s.peer_verdict);
  while (!s.operation.failed() && !s.in[0].empty()) {
    Reading reading(*s.transport, s.in, s.operation);
    co_await reading;
    s.more_to_read();
  }
  if (s.operation.failed()) {
    s.fail(code == Code::accepted ? s.io_error() : std::string(wire::explain(code)));
    co_return;
  }
  const wire::Verdict verdict = wire::decode_verdict(s.peer_verdict);
  if (code == Code::accepted && verdict.code != Code::accepted) {
    s.fail(refusal(verdict.code));
    co_return;
  }
  if (code == Code::accepted && !proved(s, verdict, Direction::initiator)) code = Code::wrong_proof;
  if (code == Code::accepted) code = admit(s.peer);
  wire::Verdict mine;
  mine.code = code;
  if (code == Code::accepted)
    mine.proof = wire::make_proof(s.mine.secret, Direction::acceptor, s.peer_bytes, s.hello_bytes);
  s.verdict_bytes = wire::encode(mine);
  s.say(s.verdict_bytes);
  do {
    Writing writing(*s.transport, s.out, s.operation);
    co_await writing;
  } while (s.more_to_write());
  if (s.operation.failed())
    s.fail(s.io_error());
  else if (code != Code::accepted)
    s.fail(std::string(wire::explain(code)));
  else
    s.succeed();
}

}  // namespace

void initiate_handshake(Loop& loop, std::shared_ptr<Transport> transport, const Credentials& mine, wire::Role peer_role,
                        std::uint32_t peer_rank, double seconds, OnHandshake done) {
  initiate(std::make_shared<State>(loop, std::move(transport), mine, seconds, std::move(done)), peer_role, peer_rank);
}

void accept_handshake(Loop& loop, std::shared_ptr<Transport> transport, const Credentials& mine, double seconds,
                      std::function<Code(const wire::Hello&)> admit, OnHandshake done) {
  accept(std::make_shared<State>(loop, std::move(transport), mine, seconds, std::move(done)), std::move(admit));
}

}  // namespace shoal::net
