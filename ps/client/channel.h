#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/net/connection.h"
#include "common/net/handshake.h"
#include "ps/client/endpoint.h"
#include "ps/client/request.h"

namespace shoal::ps {

// The client's side of one server's connection: sends requests, and brings answers to their places. On the io thread.
class Channel final : public net::ConnectionHandler {
 public:
  struct Events {
    std::function<void(const std::string& what)> lost;  // "server 1 (10.0.0.3:7000) was silent for 10 s"
    std::function<void(Call&)> answered;                // one of the call's requests
  };

  Channel(net::Loop& loop, std::uint32_t worker, std::uint32_t server, Endpoint endpoint, Events events);
  // They change until `connect` is done.
  const std::string& name() const { return name_; }          // "server 1 (n2, 10.0.0.3:7000)"
  const std::string& protocol() const { return protocol_; }  // net::Transport::protocol

  // Connects to the first address where both sides can be proved; `done` gets what went wrong with all of them, or an
  // empty text. So many seconds for each connection and each handshake.
  void connect(const net::Credentials& credentials, const net::ConnectionOptions& options, double seconds,
               std::function<void(std::string error)> done);

  void submit(Request& request);  // its answer, or its failure, is reported once
  void close();                   // without a report
  void abandon();                 // closes, and reports every waiting request

  void on_head(const wire::Header& header, std::span<const std::byte> head,
               std::vector<std::span<std::byte>>& body) override;
  void on_frame(const wire::Header& header) override;
  void on_closed(const std::string& what) override;

 private:
  struct Search;
  void try_next(const std::shared_ptr<Search>& search);
  std::string name_at(const std::string& address) const;
  Request* find(std::uint64_t sequence, wire::Type type);
  void error(const wire::Header& header, std::span<const std::byte> head);
  void answer(Request& request);

  net::Loop& loop_;
  const std::uint32_t worker_, server_;
  const Endpoint endpoint_;
  std::string name_, protocol_;
  const Events events_;
  std::shared_ptr<net::Connection> connection_;
  Request *first_ = nullptr, *last_ = nullptr;  // waiting for answers, oldest first
  Request* current_ = nullptr;                  // whose answer is arriving
  bool quiet_ = false;                          // closing is no failure any more
};

}  // namespace shoal::ps
