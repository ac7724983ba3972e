#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/net/loop.h"
#include "ps/client/channel.h"
#include "ps/client/client.h"
#include "ps/client/request.h"

namespace shoal::ps {

// Requests out, answers in: the io thread, a channel to each server, and what went wrong. Public functions are the
// training thread's.
class Exchange {
 public:
  Exchange(const Identity& identity, const std::vector<Endpoint>& servers);
  ~Exchange();  // what is not answered yet is dropped without a word

  // Connects to all servers; throws PeerError naming the first that is not there.
  void reach();

  std::size_t servers() const { return channels_.size(); }
  const std::string& server_name(std::size_t server) const { return channels_[server]->name(); }
  const std::string& protocol(std::size_t server) const { return channels_[server]->protocol(); }

  Call& take_call() { return pool_.take_call(); }
  Request& make(std::size_t server, wire::Type type, wire::Type answer, Call& call);

  // Sends a call's requests, linked by `next`; its `done` will run on the io thread.
  void send(Request* first);
  // Sends them and waits; returns the control message that answered, if one did. Throws PeerError when a server
  // refused, or the job has failed.
  std::vector<std::byte> send_and_wait(Call& call, Request* first);

  void check();   // throws what the io thread met, or InternalError after the end
  bool finish();  // nothing but goodbyes is sent from now on; false when that was so before

 private:
  void throw_failure() const;

  // The io thread's.
  void submit_all();
  void answered(Call& call);
  void fail(const std::string& what);
  void abandon();

  const Identity identity_;
  net::IoThread io_;
  net::Doorbell bell_;
  std::vector<std::unique_ptr<Channel>> channels_;
  RequestPool pool_;
  std::uint64_t sequence_ = 0;  // the training thread's
  bool failed_ = false;         // the io thread's

  std::mutex mutex_;  // guards the following
  std::condition_variable changed_;
  Request* queued_ = nullptr;
  std::string failure_;
  bool finished_ = false;
};

}  // namespace shoal::ps
