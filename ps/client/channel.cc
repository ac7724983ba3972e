#include "ps/client/channel.h"

#include <fmt/core.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/net/dialer.h"
#include "common/net/transport.h"
#include "common/wire/control.h"

namespace shoal::ps {

using wire::Type;

Channel::Channel(net::Loop& loop, std::uint32_t worker, std::uint32_t server, Endpoint endpoint, Events events)
    : loop_(loop), worker_(worker), server_(server), endpoint_(std::move(endpoint)), events_(std::move(events)) {
  if (endpoint_.addresses.empty()) raise("client: server {} must have an address", server);
  name_ = endpoint_.addresses.size() == 1 ? name_at(endpoint_.addresses.front())
                                          : fmt::format("server {} ({})", server_, endpoint_.host);
}

std::string Channel::name_at(const std::string& address) const {
  const std::string place = net::place_of(address, endpoint_.port);
  if (endpoint_.host.empty() || endpoint_.host == address) return fmt::format("server {} ({})", server_, place);
  return fmt::format("server {} ({}, {})", server_, endpoint_.host, place);
}

// The addresses tried so far, and what went wrong with each.
struct Channel::Search {
  net::Credentials credentials;
  net::ConnectionOptions options;
  double seconds;
  std::function<void(std::string)> done;
  std::size_t next = 0;
  std::string errors;
};

void Channel::connect(const net::Credentials& credentials, const net::ConnectionOptions& options, double seconds,
                      std::function<void(std::string)> done) {
  try_next(std::make_shared<Search>(Search{credentials, options, seconds, std::move(done), 0, {}}));
}

void Channel::try_next(const std::shared_ptr<Search>& search) {
  const std::string address = endpoint_.addresses[search->next++];
  const auto failed = [this, search, address](const std::string& error) {
    const bool only = endpoint_.addresses.size() == 1, last = search->next == endpoint_.addresses.size();
    search->errors += only ? error
                           : fmt::format("{}{}: {}", search->errors.empty() ? "" : "; ",
                                         net::place_of(address, endpoint_.port), error);
    if (!last) return try_next(search);
    search->done(only ? search->errors : fmt::format("none of its addresses leads to it: {}", search->errors));
  };
  const net::OnHandshake proved = [this, search, address, failed](net::HandshakeResult result) {
    if (!result.transport) return failed(result.error);
    name_ = name_at(address);
    protocol_ = result.transport->protocol();
    connection_ = net::Connection::start(loop_, std::move(result.transport), worker_, search->options, *this);
    search->done({});
  };
  net::dial(
      loop_, address, endpoint_.port, search->seconds,
      [this, search, failed, proved](std::shared_ptr<net::Transport> transport, const std::string& error) {
        if (!transport) return failed(fmt::format("cannot be reached: {}", error));
        net::initiate_handshake(loop_, std::move(transport), search->credentials, wire::Role::server, server_,
                                search->seconds, proved);
      },
      endpoint_.tls);
}

void Channel::submit(Request& request) {
  request.next = nullptr;
  (last_ ? last_->next : first_) = &request;
  last_ = &request;
  if (request.message.empty()) {
    connection_->send(request);
  } else {
    net::send_in_pieces(*connection_, request.header, request.message);
    request.sent();
  }
}

void Channel::close() {
  quiet_ = true;
  if (connection_) connection_->close("this process ended the connection");
}

void Channel::abandon() {
  close();
  current_ = nullptr;
  while (first_) answer(*first_);
}

Request* Channel::find(std::uint64_t sequence, Type type) {
  for (Request* request = first_; request; request = request->next)
    if (request->header.sequence == sequence && request->answer == type) return request;
  return nullptr;
}

void Channel::on_head(const wire::Header& header, std::span<const std::byte> head,
                      std::vector<std::span<std::byte>>& body) {
  if (header.sender != server_)
    raise<PeerError>("frame {}: sender must be {}, received {}", wire::type_name(header.type), server_, header.sender);
  current_ = nullptr;
  if (header.type == Type::heartbeat) return;
  if (header.type == Type::error) {
    error(header, head);
    return;
  }
  current_ = find(header.sequence, header.type);
  if (!current_)
    raise<PeerError>("frame {} of sequence {} answers nothing", wire::type_name(header.type), header.sequence);
  if (header.type == Type::collected) {
    if (current_->result.size() + head.size() > wire::kMaxCollectiveMessage)
      raise<PeerError>("frame collected: a message of more than {} bytes", wire::kMaxCollectiveMessage);
    current_->result.insert(current_->result.end(), head.begin(), head.end());
  } else if (header.type == Type::weights || header.type == Type::values || header.type == Type::norms) {
    if (!std::ranges::equal(head, current_->answer_head.empty() ? current_->head : current_->answer_head))
      raise<PeerError>("frame {} has other slices than its request", wire::type_name(header.type));
    body.assign(current_->places.begin(), current_->places.end());
  }
}

void Channel::error(const wire::Header& header, std::span<const std::byte> head) {
  const auto message = wire::deserialize<wire::ErrorText>(head);
  for (Request* request = first_; request && header.sequence != 0; request = request->next) {
    if (request->header.sequence != header.sequence) continue;
    if (request->call->error.empty()) request->call->error = fmt::format("{} refused: {}", name_, message.text);
    current_ = request;
    return;
  }
  events_.lost(fmt::format("{} ended the job: {}", name_, message.text));
}

void Channel::on_frame(const wire::Header& header) {
  if (!current_ || (header.flags & wire::kMore)) return;
  answer(*current_);
}

void Channel::answer(Request& request) {
  Request* before = nullptr;
  for (Request* at = first_; at != &request; at = at->next) before = at;
  (before ? before->next : first_) = request.next;
  if (last_ == &request) last_ = before;
  current_ = nullptr;
  Call& call = *request.call;
  if (request.answer == Type::collected) call.result = std::move(request.result);
  const bool over = request.answer == Type::goodbye;
  request.let_go();
  if (over) abandon();
  events_.answered(call);
}

void Channel::on_closed(const std::string& what) {
  if (!quiet_) events_.lost(fmt::format("{} {}", name_, what));
}

}  // namespace shoal::ps
