#include "ps/client/client.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "common/base/error.h"
#include "common/wire/control.h"
#include "ps/client/exchange.h"
#include "ps/client/open_table.h"
#include "ps/client/parts.h"

namespace shoal::ps {

static_assert(kNoRule == wire::kNoRule);

namespace {

using wire::Collective;
using wire::Type;

class NetClient final : public Client {
 public:
  NetClient(const Identity& identity, const std::vector<Endpoint>& servers)
      : rank_(identity.rank),
        workers_(identity.workers),
        order_(identity.order),
        exchange_(identity, servers),
        building_(servers.size()) {
    exchange_.reach();
  }

  void open_table(const TableSpec& spec) override {
    check();
    if (const auto known = tables_.find(spec.id); known != tables_.end() && !known->second.agrees_with(spec))
      raise("table {:x}: it is open with other sizes or another rule", spec.id);
    OpenTable table(spec, exchange_.servers());
    Call& call = exchange_.take_call();
    Request* first = nullptr;
    for (std::size_t server = exchange_.servers(); server-- > 0;) {
      Request& request = exchange_.make(server, Type::open_table, Type::table_opened, call);
      request.header.table = spec.id;
      request.message = wire::serialize(table.part_of(server));
      request.next = first;
      first = &request;
    }
    exchange_.send_and_wait(call, first);
    tables_[spec.id] = std::move(table);
  }

  void share_table(std::uint64_t id, const Share& share) override {
    check();
    const OpenTable& table = find(id);
    Call& call = exchange_.take_call();
    Request* first = nullptr;
    for (std::size_t server = exchange_.servers(); server-- > 0;) {
      Request& request = exchange_.make(server, Type::share_table, Type::table_shared, call);
      request.header.table = id;
      request.message = wire::serialize(table.share_of(server, share));
      request.next = first;
      first = &request;
    }
    exchange_.send_and_wait(call, first);
  }

  const std::string& protocol(std::size_t server) const override { return exchange_.protocol(server); }
  const std::vector<Slice>& slices(std::uint64_t table) const override { return find(table).slices; }

  void push_pull(std::uint64_t id, std::int64_t step, double learning_rate, std::int64_t iteration,
                 std::span<const PushPull> parts, std::function<void()> done) override {
    const wire::Header head = step_header(id, step, learning_rate, iteration);
    exchange_parts(Type::push_pull, Type::weights, head, parts, std::move(done),
                   [](Request& request, const PushPull& part, std::size_t bytes, std::size_t) {
                     append_entry(request, part.slice, -1, bytes);
                     append_span(request.body, static_cast<const std::byte*>(part.gradient), bytes);
                     append_span(request.places, static_cast<std::byte*>(part.weights), bytes);
                   });
  }

  void push(std::uint64_t id, std::int64_t step, double learning_rate, std::int64_t iteration,
            std::span<const Push> parts, std::function<void()> done) override {
    const wire::Header head = step_header(id, step, learning_rate, iteration);
    exchange_parts(Type::push, Type::pushed, head, parts, std::move(done),
                   [](Request& request, const Push& part, std::size_t bytes, std::size_t) {
                     append_entry(request, part.slice, -1, bytes);
                     append_span(request.body, static_cast<const std::byte*>(part.gradient), bytes);
                   });
  }

  void pull(std::uint64_t id, std::int64_t step, std::span<const Pull> parts, std::function<void()> done) override {
    exchange_parts(Type::pull, Type::weights, step_header(id, step, 0, 0), parts, std::move(done),
                   [](Request& request, const Pull& part, std::size_t bytes, std::size_t) {
                     append_entry(request, part.slice, -1, bytes);
                     append_span(request.places, static_cast<std::byte*>(part.weights), bytes);
                   });
  }

  void push_norms(std::uint64_t id, std::int64_t step, std::span<const PushNorms> parts,
                  std::function<void()> done) override {
    exchange_parts(Type::push_pull, Type::norms, step_header(id, step, 0, 0), parts, std::move(done),
                   [](Request& request, const PushNorms& part, std::size_t bytes, std::size_t norms) {
                     append_entry(request, part.slice, -1, bytes);
                     append_entry(request.answer_head, part.slice, -1, norms);
                     append_span(request.body, static_cast<const std::byte*>(part.gradient), bytes);
                     append_span(request.places, reinterpret_cast<std::byte*>(part.squares), norms);
                   });
  }

  void apply(std::uint64_t id, std::int64_t step, double learning_rate, std::int64_t iteration,
             std::span<const Apply> parts, std::function<void()> done) override {
    const wire::Header head = step_header(id, step, learning_rate, iteration);
    exchange_parts(Type::apply, Type::weights, head, parts, std::move(done),
                   [](Request& request, const Apply& part, std::size_t bytes, std::size_t) {
                     append_entry(request, part.slice, -1, sizeof(double));
                     append_entry(request.answer_head, part.slice, -1, bytes);
                     request.body.push_back({reinterpret_cast<const std::byte*>(part.scale), sizeof(double)});
                     append_span(request.places, static_cast<std::byte*>(part.weights), bytes);
                   });
  }

  void check() override { exchange_.check(); }

  void read(std::uint64_t table, int slice, int slot, void* out) override {
    check();
    const std::size_t bytes = find(table).bytes(slice);
    Call& call = exchange_.take_call();
    Request& request = make_slot_request(Type::read, Type::values, table, slice, slot, call);
    append_span(request.places, static_cast<std::byte*>(out), bytes);
    exchange_.send_and_wait(call, &request);
  }

  void write(std::uint64_t table, int slice, int slot, const void* values) override {
    check();
    const std::size_t bytes = find(table).bytes(slice);
    Call& call = exchange_.take_call();
    Request& request = make_slot_request(Type::write, Type::written, table, slice, slot, call);
    append_span(request.body, static_cast<const std::byte*>(values), bytes);
    exchange_.send_and_wait(call, &request);
  }

  void barrier() override { collective(Collective::barrier, {}, 0); }

  void sum(std::span<double> values) override {
    const std::string mine(reinterpret_cast<const char*>(values.data()), values.size_bytes());
    const auto parts = collective(Collective::sum, mine, 1);
    if (parts[0].size() != mine.size())
      raise<PeerError>("{} answered a sum of {} values with {} bytes", exchange_.server_name(0), values.size(),
                       parts[0].size());
    if (!values.empty()) std::memcpy(values.data(), parts[0].data(), mine.size());
  }

  std::string broadcast(const std::string& from_rank_0) override {
    return collective(Collective::broadcast, rank_ == 0 ? from_rank_0 : std::string(), 1)[0];
  }

  std::vector<std::string> gather(const std::string& mine) override {
    return collective(Collective::gather, mine, rank_ == 0 ? workers_ : 0);
  }

  void finish() override {
    if (!exchange_.finish()) return;
    Call& call = exchange_.take_call();
    Request* first = nullptr;
    for (std::size_t server = exchange_.servers(); server-- > 0;) {
      Request& request = exchange_.make(server, Type::goodbye, Type::goodbye, call);
      request.header.sequence = 0;  // which the server's goodbye has
      request.next = first;
      first = &request;
    }
    exchange_.send_and_wait(call, first);
  }

 private:
  const OpenTable& find(std::uint64_t id) const {
    const auto found = tables_.find(id);
    if (found == tables_.end()) raise("table {:x} is not open", id);
    return found->second;
  }

  static wire::Header step_header(std::uint64_t table, std::int64_t step, double learning_rate,
                                  std::int64_t iteration) {
    wire::Header header;
    header.table = table;
    header.step = step;
    header.iteration = iteration;
    header.learning_rate = learning_rate;
    return header;
  }

  // A request for each server that has one of the parts' slices, or several where they are large: a server adds,
  // applies and answers the first while the next are on their way. `append(request, part, bytes of the slice, bytes of
  // its norms)` adds a part to its request.
  template <class Part, class Append>
  void exchange_parts(Type type, Type answer, const wire::Header& step, std::span<const Part> parts,
                      std::function<void()> done, Append append) {
    check();
    const OpenTable& table = find(step.table);
    for (const Part& part : parts) table.slice(part.slice);
    if ((type == Type::apply || answer == Type::norms) != (table.spec.norm_block != 0))
      raise("table {:x}: its rule {} norms", step.table, table.spec.norm_block != 0 ? "needs" : "needs no");
    if (parts.empty()) {
      done();
      return;
    }
    Call& call = exchange_.take_call();
    call.done = std::move(done);
    Request *first = nullptr, **last = &first;
    for (const Part& part : parts) {
      const Slice& slice = table.slice(part.slice);
      const std::size_t bytes = table.bytes(part.slice);
      auto& [request, filled] = building_[static_cast<std::size_t>(slice.server)];
      if (!request || request->header.count == wire::kMaxEntries || filled + bytes > table.spec.max_slice_bytes) {
        filled = 0;
        request = &exchange_.make(static_cast<std::size_t>(slice.server), type, answer, call);
        request->header.table = step.table;
        request->header.step = step.step;
        request->header.iteration = step.iteration;
        request->header.learning_rate = step.learning_rate;
        request->priority = net::priority_of(order_, static_cast<std::uint32_t>(part.slice));
        *last = request;
        last = &request->next;
      }
      append(*request, part, bytes, table.norms_bytes(part.slice));
      filled += bytes;
    }
    std::fill(building_.begin(), building_.end(), Building{});
    exchange_.send(first);
  }

  Request& make_slot_request(Type type, Type answer, std::uint64_t table, int slice, int slot, Call& call) {
    const auto server = static_cast<std::size_t>(find(table).slice(slice).server);
    Request& request = exchange_.make(server, type, answer, call);
    request.header.table = table;
    append_entry(request, slice, slot, find(table).bytes(slice));
    return request;
  }

  std::vector<std::string> collective(Collective kind, std::string mine, std::size_t parts) {
    check();
    if (mine.size() > wire::kMaxCollectiveMessage / 2 / workers_)
      raise("collective: at most {} bytes of each worker, received {}", wire::kMaxCollectiveMessage / 2 / workers_,
            mine.size());
    Call& call = exchange_.take_call();
    Request& request = exchange_.make(0, Type::collective, Type::collected, call);
    request.header.step = ++collectives_;
    wire::Contribution contribution;
    contribution.kind = kind;
    contribution.parts.push_back(std::move(mine));
    request.message = wire::serialize(contribution);
    auto result = wire::deserialize<wire::Contribution>(exchange_.send_and_wait(call, &request));
    if (result.kind != kind || result.parts.size() != parts)
      raise<PeerError>("{} answered another collective", exchange_.server_name(0));
    return std::move(result.parts);
  }

  const std::uint32_t rank_, workers_;
  const net::SendOrder order_;
  Exchange exchange_;
  std::map<std::uint64_t, OpenTable> tables_;
  struct Building {
    Request* request = nullptr;
    std::size_t bytes = 0;  // of its slices
  };
  std::vector<Building> building_;  // by server, within exchange_parts
  std::int64_t collectives_ = 0;
};

}  // namespace

std::unique_ptr<Client> Client::connect(const Identity& identity, const std::vector<Endpoint>& servers) {
  if (servers.empty()) raise("client: there must be a server");
  if (identity.rank >= identity.workers)
    raise("client: rank must be below {} workers, received {}", identity.workers, identity.rank);
  return std::make_unique<NetClient>(identity, servers);
}

}  // namespace shoal::ps
