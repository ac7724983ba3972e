// Requests that carry values or ask for some: push_pull, push, pull, apply, read and write.
#include <limits>

#include "common/base/error.h"
#include "ps/server/session.h"

namespace shoal::ps {
namespace {

using wire::Type;

// The position of the entry's slice; throws PeerError unless its size is right.
std::size_t check(Table& table, const wire::Entry& entry) {
  const std::size_t position = table.position(entry.slice);
  if (entry.bytes != table.shard().bytes(position))
    raise<PeerError>("slice {} has {} bytes, received {}", entry.slice, table.shard().bytes(position), entry.bytes);
  return position;
}

// The same entry for other values of its slice.
void append_entry(Reply& reply, wire::Entry entry, std::size_t bytes) {
  const std::size_t at = reply.head.size();
  reply.head.resize(at + wire::kEntryBytes);
  entry.bytes = bytes;
  wire::encode(entry, reply.head.data() + at);
}

void send_values(Reply& reply) {
  if (reply.header.type == Type::pushed) return reply.session().connection().send(reply);
  for (const std::size_t position : reply.positions)
    reply.body.push_back(reply.header.type == Type::norms ? std::as_writable_bytes(reply.table->squares(position))
                                                          : reply.table->shard().weights(position));
  reply.session().connection().send(reply);
}

// All its slices are there, or never will be.
void answer(Reply& reply) {
  if (!reply.refused) {
    send_values(reply);
    return;
  }
  reply.session().refuse(reply.header.sequence,
                         fmt::format("pull of step {}: the sum of another step stands there", reply.header.step));
  reply.sent();
}

// The step is applied to the slice. Pulls of later steps go on waiting.
void release(Table& table, std::size_t position, std::int64_t step) {
  std::erase_if(table.waiting(position), [&](Reply* reply) {
    if (!table.policy().on_pull({reply->session().worker(), position, reply->header.step, reply->header.sequence}))
      return false;
    if (table.spec().sums_only() && reply->header.step != step) reply->refused = true;
    if (--reply->missing == 0) answer(*reply);
    return true;
  });
}

}  // namespace

void Session::push_head(const wire::Header& header, std::span<const std::byte> head,
                        std::vector<std::span<std::byte>>& body) {
  Table& table = this->table(header);
  const std::string_view name = wire::type_name(header.type);
  const bool answered = header.type == Type::push_pull;  // with values
  if (header.sequence == 0) raise<PeerError>("{}: sequence must not be 0", name);
  if (table.shared()) raise<PeerError>("{}: table {:x} lies in shared memory", name, header.table);
  if (!answered && table.needs_norms()) raise<PeerError>("{}: the rule of table {:x} needs norms", name, header.table);
  building_ = &take_reply(header, table.needs_norms() ? Type::norms : answered ? Type::weights : Type::pushed);
  building_->table = &table;
  building_->priority = net::priority_of(hub_.order, wire::decode_entry(head, 0).slice);
  building_->header.count = answered ? header.count : 0;
  if (answered && !table.needs_norms()) building_->head.assign(head.begin(), head.end());
  const std::uint64_t ticket = ++hub_.tickets;
  for (std::size_t i = 0; i < header.count; ++i) {
    const wire::Entry entry = wire::decode_entry(head, i);
    const std::size_t position = check(table, entry);
    if (entry.slot != -1) raise<PeerError>("{}: slot must be -1, received {}", name, entry.slot);
    if (!table.first_time(position, ticket)) raise<PeerError>("{}: slice {} stands there twice", name, entry.slice);
    building_->positions.push_back(position);
    if (table.needs_norms()) append_entry(*building_, entry, table.squares(position).size_bytes());
    switch (table.policy().judge({worker_, position, header.step, header.sequence})) {
      case Verdict::counted:
        if (table.needs_norms() && table.summed(position))
          raise<PeerError>("{}: slice {} of step {} before the step before is applied", name, entry.slice, header.step);
        body.push_back(table.shard().gradient(position, worker_));
        break;
      case Verdict::late:
        building_->refused = true;
        [[fallthrough]];
      case Verdict::repeated:
        body.push_back(table.discard(position));
        break;
      case Verdict::ahead:
        raise<PeerError>("{}: slice {} of step {} while an earlier step is not complete", name, entry.slice,
                         header.step);
    }
  }
}

void Session::push(const wire::Header& header) {
  if (activity_step_ != header.step) hub_.activity("step", activity_step_ = header.step);
  Reply& reply = *std::exchange(building_, nullptr);
  Table& table = *reply.table;
  const optim::Step step{header.iteration, header.learning_rate};
  reply.missing = 1;  // this loop
  for (const std::size_t position : reply.positions) {
    const Push push{worker_, position, header.step, header.sequence};
    const Decision decision = table.policy().on_push(push);
    if (decision.verdict == Verdict::late || decision.verdict == Verdict::ahead) reply.refused = true;
    if (decision.apply) {
      if (table.needs_norms())
        table.sum(position, header.step);
      else
        table.shard().apply(position, step);
      release(table, position, header.step);
    } else if (header.type == Type::push_pull && !table.policy().on_pull(push) && !reply.refused) {
      ++reply.missing;
      table.waiting(position).push_back(&reply);
    }
  }
  if (reply.refused) {
    for (const std::size_t position : reply.positions) std::erase(table.waiting(position), &reply);
    refuse(header.sequence,
           fmt::format("{} of step {} is late: a later step was applied", wire::type_name(header.type), header.step));
    reply.sent();
  } else if (--reply.missing == 0) {
    send_values(reply);
  }
}

void Session::pull_head(const wire::Header& header, std::span<const std::byte> head) {
  Table& table = this->table(header);
  if (table.shared()) raise<PeerError>("pull: table {:x} lies in shared memory", header.table);
  if (table.needs_norms()) raise<PeerError>("pull: the rule of table {:x} needs norms", header.table);
  building_ = &take_reply(header, Type::weights);
  building_->table = &table;
  building_->priority = net::priority_of(hub_.order, wire::decode_entry(head, 0).slice);
  building_->pull = true;
  building_->header.count = header.count;
  building_->head.assign(head.begin(), head.end());
  const std::uint64_t ticket = ++hub_.tickets;
  for (std::size_t i = 0; i < header.count; ++i) {
    const wire::Entry entry = wire::decode_entry(head, i);
    const std::size_t position = check(table, entry);
    if (entry.slot != -1) raise<PeerError>("pull: slot must be -1, received {}", entry.slot);
    if (!table.first_time(position, ticket)) raise<PeerError>("pull: slice {} stands there twice", entry.slice);
    // So no worker makes a server hold more than a reply for each slice.
    for (Reply* other : table.waiting(position))
      if (other->pull && &other->session() == this)
        raise<PeerError>("pull: slice {} of step {} is asked for again before the pull of step {} is answered",
                         entry.slice, header.step, other->header.step);
    building_->positions.push_back(position);
  }
}

void Session::pull(const wire::Header& header) {
  constexpr auto kLast = std::numeric_limits<std::uint64_t>::max();
  Reply& reply = *std::exchange(building_, nullptr);
  Table& table = *reply.table;
  for (const std::size_t position : reply.positions)
    if (table.spec().sums_only() && table.policy().judge({worker_, position, header.step, kLast}) == Verdict::late)
      reply.refused = true;
  for (const std::size_t position : reply.positions) {
    if (reply.refused || table.policy().on_pull({worker_, position, header.step, header.sequence})) continue;
    ++reply.missing;
    table.waiting(position).push_back(&reply);
  }
  if (reply.missing == 0) answer(reply);
}

void Session::apply_head(const wire::Header& header, std::span<const std::byte> head,
                         std::vector<std::span<std::byte>>& body) {
  Table& table = this->table(header);
  if (!table.needs_norms() || table.shared()) raise<PeerError>("apply: table {:x} has no such half", header.table);
  building_ = &take_reply(header, Type::weights);
  building_->table = &table;
  building_->priority = net::priority_of(hub_.order, wire::decode_entry(head, 0).slice);
  building_->header.count = header.count;
  const std::uint64_t ticket = ++hub_.tickets;
  for (std::size_t i = 0; i < header.count; ++i) {
    const wire::Entry entry = wire::decode_entry(head, i);
    const std::size_t position = table.position(entry.slice);
    if (entry.slot != -1 || entry.bytes != sizeof(double))
      raise<PeerError>("apply: slice {} needs slot -1 and 8 bytes, received {} and {}", entry.slice, entry.slot,
                       entry.bytes);
    if (!table.first_time(position, ticket)) raise<PeerError>("apply: slice {} stands there twice", entry.slice);
    building_->positions.push_back(position);
    append_entry(*building_, entry, table.shard().bytes(position));
    body.push_back(std::as_writable_bytes(std::span(&table.scale(position, worker_), 1)));
  }
}

void Session::apply(const wire::Header& header) {
  Reply& reply = *std::exchange(building_, nullptr);
  for (const std::size_t position : reply.positions)
    reply.table->update(position, header.step,
                        {header.iteration, header.learning_rate, reply.table->scale(position, worker_)});
  send_values(reply);
}

void Session::slot_head(const wire::Header& header, std::span<const std::byte> head,
                        std::vector<std::span<std::byte>>& body) {
  Table& table = this->table(header);
  const wire::Entry entry = wire::decode_entry(head, 0);
  const std::size_t position = check(table, entry);
  if (entry.slot < -1 || entry.slot >= table.shard().slots())
    raise<PeerError>("{}: slot must be -1 to {}, received {}", wire::type_name(header.type), table.shard().slots() - 1,
                     entry.slot);
  const auto values = entry.slot < 0 ? table.shard().weights(position) : table.shard().slot(position, entry.slot);
  building_ = &take_reply(header, header.type == Type::read ? Type::values : Type::written);
  building_->table = &table;
  building_->positions.push_back(position);
  if (header.type == Type::read) {
    building_->header.count = 1;
    building_->head.assign(head.begin(), head.end());
    building_->body.push_back(values);
    return;
  }
  building_->refused = table.policy().gathering(position) || (table.needs_norms() && table.summed(position));
  building_->missing = entry.slot < 0 ? 1 : 0;  // 1: the weights themselves
  body.push_back(building_->refused ? table.discard(position) : values);
}

void Session::slot_frame(const wire::Header& header) {
  Reply& reply = *std::exchange(building_, nullptr);
  const std::size_t position = reply.positions[0];
  if (header.type == Type::write && reply.missing == 1 && !reply.refused)
    reply.refused = !reply.table->policy().on_write(position);
  if (!reply.refused) {
    connection_->send(reply);
    return;
  }
  refuse(header.sequence, "write: gradients of this slice are being gathered");
  reply.sent();
}

}  // namespace shoal::ps
