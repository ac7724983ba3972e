#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/net/connection.h"
#include "common/net/send_order.h"
#include "common/wire/frame.h"
#include "ps/server/collectives.h"
#include "ps/server/reply.h"
#include "ps/server/table.h"

namespace shoal::ps {

class Session;

// What all sessions of a server share, and whom they tell.
struct Hub {
  Hub(std::uint32_t own_rank, std::uint32_t worker_count)
      : rank(own_rank), workers(worker_count), collectives(worker_count), sessions(worker_count) {}
  virtual ~Hub() = default;
  virtual void activity(const char* what, std::int64_t number) = 0;
  virtual void said_goodbye(Session& session) = 0;
  virtual void lost(Session& session, const std::string& what) = 0;  // its worker is gone
  virtual void ended(Session& session) = 0;                          // its connection is closed, after a goodbye

  const std::uint32_t rank, workers;
  std::map<std::uint64_t, std::unique_ptr<Table>> tables;
  Collectives collectives;
  std::vector<std::unique_ptr<Session>> sessions;  // by worker; empty: not yet connected
  std::uint64_t tickets = 0;
  int tile_threads = 0;  // for each shared table
  net::SendOrder order = net::SendOrder::priority;
};

// The server's side of one worker's connection.
class Session final : public net::ConnectionHandler {
 public:
  Session(Hub& hub, std::uint32_t worker, std::string address);
  ~Session() override;
  void attach(std::shared_ptr<net::Connection> connection) { connection_ = std::move(connection); }

  const std::string& name() const { return name_; }  // "worker 2 (10.0.0.3:4711)"
  std::uint32_t worker() const { return worker_; }
  bool goodbye() const { return goodbye_; }
  bool closed() const { return closed_; }
  net::Connection& connection() { return *connection_; }
  void refuse(std::uint64_t sequence, const std::string& text);  // sends an error frame
  void send_result(const wire::Contribution& result);            // of the collective it waits in

  void on_head(const wire::Header& header, std::span<const std::byte> head,
               std::vector<std::span<std::byte>>& body) override;
  void on_frame(const wire::Header& header) override;
  void on_closed(const std::string& what) override;

 private:
  friend class Reply;
  void give_back(Reply& reply);
  Reply& take_reply(const wire::Header& request, wire::Type type);
  Table& table(const wire::Header& header);
  void head(const wire::Header& header, std::span<const std::byte> head, std::vector<std::span<std::byte>>& body);
  void frame(const wire::Header& header);
  void push_head(const wire::Header& header, std::span<const std::byte> head, std::vector<std::span<std::byte>>& body);
  void push(const wire::Header& header);
  void pull_head(const wire::Header& header, std::span<const std::byte> head);
  void pull(const wire::Header& header);
  void apply_head(const wire::Header& header, std::span<const std::byte> head, std::vector<std::span<std::byte>>& body);
  void apply(const wire::Header& header);
  void slot_head(const wire::Header& header, std::span<const std::byte> head, std::vector<std::span<std::byte>>& body);
  void slot_frame(const wire::Header& header);
  void gather_message(const wire::Header& header, std::span<const std::byte> head);
  void open_table(const wire::Header& header);
  void share_table(const wire::Header& header);
  void contribute(const wire::Header& header);

  Hub& hub_;
  const std::uint32_t worker_;
  const std::string name_;
  std::shared_ptr<net::Connection> connection_;
  std::vector<std::unique_ptr<Reply>> replies_;
  Reply *first_free_ = nullptr, *last_free_ = nullptr;  // in turns, so that the vectors of all grow at the start
  std::size_t most_head_ = 0, most_parts_ = 0;  // of any reply so far: all are made as large when they are taken
  Reply* building_ = nullptr;                   // of the request whose body is arriving
  std::string refusal_;                         // of that request
  std::vector<std::byte> message_;              // pieces of a control message
  wire::Header message_header_;
  std::uint64_t collective_sequence_ = 0;
  std::int64_t activity_step_ = -1;
  bool goodbye_ = false, closed_ = false;
};

}  // namespace shoal::ps
