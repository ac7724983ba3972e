// Requests that carry values: push_pull, read and write.
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
  for (const std::size_t position : reply.positions)
    reply.body.push_back(reply.header.type == Type::norms ? std::as_writable_bytes(reply.table->squares(position))
                                                          : reply.table->shard().weights(position));
  reply.session().connection().send(reply);
}

void release(Table& table, std::size_t position) {
  auto& waiting = table.waiting(position);
  for (Reply* reply : waiting)
    if (--reply->missing == 0) send_values(*reply);
  waiting.clear();
}

}  // namespace

void Session::push_head(const wire::Header& header, std::span<const std::byte> head,
                        std::vector<std::span<std::byte>>& body) {
  Table& table = this->table(header);
  if (header.sequence == 0) raise<PeerError>("push_pull: sequence must not be 0");
  if (table.shared()) raise<PeerError>("push_pull: table {:x} lies in shared memory", header.table);
  building_ = &take_reply(header, table.needs_norms() ? Type::norms : Type::weights);
  building_->table = &table;
  building_->header.count = header.count;
  if (!table.needs_norms()) building_->head.assign(head.begin(), head.end());
  const std::uint64_t ticket = ++hub_.tickets;
  for (std::size_t i = 0; i < header.count; ++i) {
    const wire::Entry entry = wire::decode_entry(head, i);
    const std::size_t position = check(table, entry);
    if (entry.slot != -1) raise<PeerError>("push_pull: slot must be -1, received {}", entry.slot);
    if (!table.first_time(position, ticket)) raise<PeerError>("push_pull: slice {} stands there twice", entry.slice);
    building_->positions.push_back(position);
    if (table.needs_norms()) append_entry(*building_, entry, table.squares(position).size_bytes());
    switch (table.policy().judge({worker_, position, header.step, header.sequence})) {
      case Verdict::counted:
        if (table.needs_norms() && table.summed(position))
          raise<PeerError>("push_pull: slice {} of step {} before the step before is applied", entry.slice,
                           header.step);
        body.push_back(table.shard().gradient(position, worker_));
        break;
      case Verdict::late:
        building_->refused = true;
        [[fallthrough]];
      case Verdict::repeated:
        body.push_back(table.discard(position));
        break;
      case Verdict::ahead:
        raise<PeerError>("push_pull: slice {} of step {} while an earlier step is not complete", entry.slice,
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
      release(table, position);
    } else if (!table.policy().on_pull(push) && !reply.refused) {
      ++reply.missing;
      table.waiting(position).push_back(&reply);
    }
  }
  if (reply.refused) {
    for (const std::size_t position : reply.positions) std::erase(table.waiting(position), &reply);
    refuse(header.sequence, fmt::format("push_pull of step {} is late: a later step was applied", header.step));
    reply.sent();
  } else if (--reply.missing == 0) {
    send_values(reply);
  }
}

void Session::apply_head(const wire::Header& header, std::span<const std::byte> head,
                         std::vector<std::span<std::byte>>& body) {
  Table& table = this->table(header);
  if (!table.needs_norms() || table.shared()) raise<PeerError>("apply: table {:x} has no such half", header.table);
  building_ = &take_reply(header, Type::weights);
  building_->table = &table;
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
