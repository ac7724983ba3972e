#include "ps/server/session.h"

#include <algorithm>

#include "common/base/error.h"

namespace shoal::ps {

using wire::Type;

void Reply::sent() {
  session_.most_head_ = std::max(session_.most_head_, head.capacity());
  session_.most_parts_ = std::max({session_.most_parts_, body.capacity(), positions.capacity()});
  session_.give_back(*this);
}

Session::Session(Hub& hub, std::uint32_t worker, std::string address)
    : hub_(hub), worker_(worker), name_(fmt::format("worker {} ({})", worker, address)) {}
Session::~Session() = default;

void Session::on_head(const wire::Header& header, std::span<const std::byte> bytes,
                      std::vector<std::span<std::byte>>& body) {
  try {
    head(header, bytes, body);
  } catch (const Error& error) {
    refuse(0, error.what());
    throw;
  }
}

void Session::on_frame(const wire::Header& header) {
  try {
    frame(header);
  } catch (const Error& error) {
    refuse(0, error.what());
    throw;
  }
}

void Session::on_closed(const std::string& what) {
  closed_ = true;
  if (goodbye_)
    hub_.ended(*this);
  else
    hub_.lost(*this, what);
}

void Session::refuse(std::uint64_t sequence, const std::string& text) {
  wire::Header header;
  header.type = Type::error;
  header.sender = hub_.rank;
  header.sequence = sequence;
  wire::ErrorText message;
  message.text = text.substr(0, wire::kMaxHeadBytes / 2);
  net::send_in_pieces(*connection_, header, wire::serialize(message));
}

void Session::send_result(const wire::Contribution& result) {
  wire::Header header;
  header.type = Type::collected;
  header.sender = hub_.rank;
  header.sequence = collective_sequence_;
  net::send_in_pieces(*connection_, header, wire::serialize(result));
}

void Session::give_back(Reply& reply) {
  reply.next = nullptr;
  (first_free_ == nullptr ? first_free_ : last_free_->next) = &reply;
  last_free_ = &reply;
}

Reply& Session::take_reply(const wire::Header& request, Type type) {
  if (first_free_ == nullptr) {
    // Twice as many whenever there are too few: a step shall not allocate because another reply is still on its way.
    const std::size_t more = std::max<std::size_t>(4, replies_.size());
    for (std::size_t i = 0; i < more; ++i) {
      replies_.push_back(std::make_unique<Reply>(*this));
      give_back(*replies_.back());
    }
  }
  Reply& reply = *first_free_;
  first_free_ = reply.next;
  reply.head.reserve(most_head_);
  reply.body.reserve(most_parts_);
  reply.positions.reserve(most_parts_);
  reply.header = {};
  reply.priority = 0;
  reply.header.type = type;
  reply.header.sender = hub_.rank;
  reply.header.table = request.table;
  reply.header.step = request.step;
  reply.header.sequence = request.sequence;
  reply.head.clear();
  reply.body.clear();
  reply.positions.clear();
  reply.table = nullptr;
  reply.missing = 0;
  reply.refused = false;
  reply.pull = false;
  return reply;
}

Table& Session::table(const wire::Header& header) {
  const auto found = hub_.tables.find(header.table);
  if (found == hub_.tables.end()) raise<PeerError>("table {:x} is not open", header.table);
  return *found->second;
}

void Session::head(const wire::Header& header, std::span<const std::byte> bytes,
                   std::vector<std::span<std::byte>>& body) {
  if (header.sender != worker_)
    raise<PeerError>("frame {}: sender must be {}, received {}", wire::type_name(header.type), worker_, header.sender);
  if (goodbye_ && header.type != Type::heartbeat)
    raise<PeerError>("frame {} after goodbye", wire::type_name(header.type));
  switch (header.type) {
    case Type::heartbeat:
    case Type::goodbye:
      break;
    case Type::open_table:
    case Type::share_table:
    case Type::collective:
      gather_message(header, bytes);
      break;
    case Type::push_pull:
    case Type::push:
      push_head(header, bytes, body);
      break;
    case Type::pull:
      pull_head(header, bytes);
      break;
    case Type::apply:
      apply_head(header, bytes, body);
      break;
    case Type::read:
    case Type::write:
      slot_head(header, bytes, body);
      break;
    default:
      raise<PeerError>("frame {} is not for a server", wire::type_name(header.type));
  }
}

void Session::frame(const wire::Header& header) {
  switch (header.type) {
    case Type::goodbye:
      if (hub_.collectives.open()) raise<PeerError>("goodbye while others wait in a collective");
      goodbye_ = true;
      hub_.said_goodbye(*this);
      break;
    case Type::open_table:
      if (!(header.flags & wire::kMore)) open_table(header);
      break;
    case Type::share_table:
      if (!(header.flags & wire::kMore)) share_table(header);
      break;
    case Type::collective:
      if (!(header.flags & wire::kMore)) contribute(header);
      break;
    case Type::push_pull:
    case Type::push:
      push(header);
      break;
    case Type::pull:
      pull(header);
      break;
    case Type::apply:
      apply(header);
      break;
    case Type::read:
    case Type::write:
      slot_frame(header);
      break;
    default:
      break;
  }
}

void Session::gather_message(const wire::Header& header, std::span<const std::byte> head) {
  if (!message_.empty() && (message_header_.type != header.type || message_header_.sequence != header.sequence))
    raise<PeerError>("frame {}: the message before it is not complete", wire::type_name(header.type));
  const std::size_t most = header.type == Type::collective ? wire::kMaxCollectiveMessage : wire::kMaxTableMessage;
  if (message_.size() + head.size() > most)
    raise<PeerError>("frame {}: a message of more than {} bytes", wire::type_name(header.type), most);
  message_header_ = header;
  message_.insert(message_.end(), head.begin(), head.end());
}

void Session::open_table(const wire::Header& header) {
  const std::vector<std::byte> message = std::exchange(message_, {});
  auto spec = wire::deserialize<wire::TableSpec>(message);
  hub_.activity("opening a table", static_cast<std::int64_t>(hub_.tables.size()));
  try {
    const auto found = hub_.tables.find(header.table);
    if (found == hub_.tables.end())
      hub_.tables.emplace(header.table, std::make_unique<Table>(std::move(spec), hub_.workers));
    else if (found->second->spec() != spec)
      raise(
          "table {:x}: this worker's sizes or rule differ from the first worker's ({} variables and rule {} against "
          "{} and {})",
          header.table, spec.variable_sizes.size(), spec.rule, found->second->spec().variable_sizes.size(),
          found->second->spec().rule);
  } catch (const Error& error) {
    refuse(header.sequence, error.what());
    return;
  }
  connection_->send(take_reply(header, Type::table_opened));
}

void Session::share_table(const wire::Header& header) {
  const std::vector<std::byte> message = std::exchange(message_, {});
  Table& table = this->table(header);
  try {
    table.share(wire::deserialize<wire::TableShare>(message), hub_.tile_threads);
  } catch (const PeerError&) {
    throw;
  } catch (const Error& error) {
    refuse(header.sequence, error.what());
    return;
  }
  connection_->send(take_reply(header, Type::table_shared));
}

void Session::contribute(const wire::Header& header) {
  const std::vector<std::byte> message = std::exchange(message_, {});
  collective_sequence_ = header.sequence;
  if (!hub_.collectives.add(worker_, header.step, wire::deserialize<wire::Contribution>(message))) {
    for (const auto& other : hub_.sessions)
      if (other && other->goodbye_) raise<PeerError>("a collective, but {} has said goodbye", other->name_);
    return;
  }
  const auto results = hub_.collectives.take();
  for (std::size_t i = 0; i < results.size(); ++i) hub_.sessions[i]->send_result(results[i]);
}

}  // namespace shoal::ps
