#include "ps/client/client.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "common/base/error.h"
#include "common/wire/control.h"
#include "ps/client/exchange.h"
#include "ps/client/parts.h"

namespace shoal::ps {
namespace {

using wire::Collective;
using wire::Type;

struct Table {
  Client::TableSpec spec;
  std::vector<Slice> slices;
};

class NetClient final : public Client {
 public:
  NetClient(const Identity& identity, const std::vector<Endpoint>& servers)
      : rank_(identity.rank), workers_(identity.workers), exchange_(identity, servers), building_(servers.size()) {
    exchange_.reach();
  }

  void open_table(const TableSpec& spec) override {
    check();
    if (tables_.contains(spec.id)) {
      const TableSpec& known = tables_.at(spec.id).spec;
      if (known.variable_sizes != spec.variable_sizes || known.element_bytes != spec.element_bytes ||
          known.rule != spec.rule || known.max_slice_bytes != spec.max_slice_bytes ||
          known.norm_block != spec.norm_block)
        raise("table {:x}: it is open with other sizes or another rule", spec.id);
    }
    Table table{spec, plan_slices(spec.variable_sizes, spec.element_bytes, static_cast<int>(exchange_.servers()),
                                  spec.max_slice_bytes, spec.norm_block == 0 ? 16 : spec.norm_block)};
    Call& call = exchange_.take_call();
    Request* first = nullptr;
    for (std::size_t server = exchange_.servers(); server-- > 0;) {
      Request& request = exchange_.make(server, Type::open_table, Type::table_opened, call);
      request.header.table = spec.id;
      request.message = wire::serialize(part_of(table, server));
      request.next = first;
      first = &request;
    }
    exchange_.send_and_wait(call, first);
    tables_[spec.id] = std::move(table);
  }

  void share_table(std::uint64_t id, const Share& share) override {
    check();
    const Table& table = find(id);
    Call& call = exchange_.take_call();
    Request* first = nullptr;
    for (std::size_t server = exchange_.servers(); server-- > 0;) {
      Request& request = exchange_.make(server, Type::share_table, Type::table_shared, call);
      request.header.table = id;
      wire::TableShare message;
      message.process = share.process;
      message.descriptor = share.descriptor;
      message.bytes = share.bytes;
      message.elements = share.elements;
      message.variable_offsets.assign(share.variable_offsets.begin(), share.variable_offsets.end());
      if (share.process != 0)
        for (const Slice& slice : table.slices)
          if (slice.server == static_cast<int>(server))
            message.slice_offsets.push_back(share.variable_offsets.at(static_cast<std::size_t>(slice.variable)) +
                                            slice.offset);
      request.message = wire::serialize(message);
      request.next = first;
      first = &request;
    }
    exchange_.send_and_wait(call, first);
  }

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
    slice_bytes(table, slice);
    Call& call = exchange_.take_call();
    Request& request = make_slot_request(Type::read, Type::values, table, slice, slot, call);
    append_span(request.places, static_cast<std::byte*>(out), slice_bytes(table, slice));
    exchange_.send_and_wait(call, &request);
  }

  void write(std::uint64_t table, int slice, int slot, const void* values) override {
    check();
    slice_bytes(table, slice);
    Call& call = exchange_.take_call();
    Request& request = make_slot_request(Type::write, Type::written, table, slice, slot, call);
    append_span(request.body, static_cast<const std::byte*>(values), slice_bytes(table, slice));
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
  const Table& find(std::uint64_t id) const {
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

  // One request for each server that has one of the parts' slices. `append(request, part, bytes of the slice, bytes of
  // its norms)` adds a part to its request.
  template <class Part, class Append>
  void exchange_parts(Type type, Type answer, const wire::Header& step, std::span<const Part> parts,
                      std::function<void()> done, Append append) {
    check();
    const Table& table = find(step.table);
    for (const Part& part : parts) slice_at(table, part.slice);
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
      const Slice& slice = slice_at(table, part.slice);
      Request*& request = building_[static_cast<std::size_t>(slice.server)];
      if (!request || request->header.count == wire::kMaxEntries) {
        request = &exchange_.make(static_cast<std::size_t>(slice.server), type, answer, call);
        request->header.table = step.table;
        request->header.step = step.step;
        request->header.iteration = step.iteration;
        request->header.learning_rate = step.learning_rate;
        *last = request;
        last = &request->next;
      }
      const std::size_t block = std::max<std::size_t>(table.spec.norm_block, 1);
      append(*request, part, slice.size * table.spec.element_bytes, (slice.size + block - 1) / block * sizeof(double));
    }
    std::fill(building_.begin(), building_.end(), nullptr);
    exchange_.send(first);
  }

  std::size_t slice_bytes(std::uint64_t table, int slice) const {
    return slice_at(find(table), slice).size * find(table).spec.element_bytes;
  }

  static const Slice& slice_at(const Table& table, int index) {
    if (index < 0 || static_cast<std::size_t>(index) >= table.slices.size())
      raise("table {:x}: slice must be 0 to {}, received {}", table.spec.id, table.slices.size() - 1, index);
    return table.slices[static_cast<std::size_t>(index)];
  }

  static wire::TableSpec part_of(const Table& table, std::size_t server) {
    wire::TableSpec part;
    part.element_bytes = static_cast<std::uint32_t>(table.spec.element_bytes);
    part.rule = table.spec.rule;
    part.variable_sizes.assign(table.spec.variable_sizes.begin(), table.spec.variable_sizes.end());
    part.max_slice_bytes = table.spec.max_slice_bytes;
    for (std::size_t i = 0; i < table.slices.size(); ++i)
      if (table.slices[i].server == static_cast<int>(server))
        part.slices.push_back({static_cast<std::uint32_t>(i), table.slices[i].size});
    return part;
  }

  Request& make_slot_request(Type type, Type answer, std::uint64_t table, int slice, int slot, Call& call) {
    const auto server = static_cast<std::size_t>(slice_at(find(table), slice).server);
    Request& request = exchange_.make(server, type, answer, call);
    request.header.table = table;
    append_entry(request, slice, slot, slice_bytes(table, slice));
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
  Exchange exchange_;
  std::map<std::uint64_t, Table> tables_;
  std::vector<Request*> building_;  // by server, within push_pull
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
