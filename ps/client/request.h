#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "common/net/out_frame.h"

namespace shoal::ps {

// One call of the client: a request or more. `done` runs when all are answered or have failed. Once it is under way
// the io thread alone touches it.
struct Call {
  std::size_t unanswered = 0;
  std::function<void()> done;
  bool waited_for = false;        // by a thread that takes the error
  std::string error;              // a server refused it
  std::vector<std::byte> result;  // the control message that answered it
};

class RequestPool;

// One request to one server, from the call until it is answered and its bytes are gone. Made to be reused.
class Request final : public net::OutFrame {
 public:
  explicit Request(RequestPool& pool) : pool_(pool) {}
  void sent() override { let_go(); }
  void let_go();  // by each of its two holders: the outbox, and the channel that waits for the answer

  std::size_t server = 0;
  wire::Type answer = wire::Type::weights;
  std::vector<std::span<std::byte>> places;  // for the values of the answer
  std::vector<std::byte> answer_head;        // the entries of the answer; empty: those of the request
  std::vector<std::byte> message;            // a control message, sent in pieces instead of as this frame
  std::vector<std::byte> result;             // the pieces of a control message received
  Call* call = nullptr;
  Request* next = nullptr;  // in whatever list it is

 private:
  friend class RequestPool;
  RequestPool& pool_;
  int holders_ = 0;
};

// Requests and calls: taken by the training thread, given back by the io thread. Allocates only to grow.
class RequestPool {
 public:
  Request& take_request();
  Call& take_call();
  void give_back(Request& request);
  void give_back(Call& call);

 private:
  void append(Request& request);

  std::mutex mutex_;
  std::size_t most_head_ = 0, most_answer_head_ = 0,
              most_spans_ = 0;  // of any request so far: all are made as large when they are taken
  std::vector<std::unique_ptr<Request>> requests_;
  std::vector<std::unique_ptr<Call>> calls_;
  Request *first_free_ = nullptr, *last_free_ = nullptr;  // in turns, so that the vectors of all grow at the start
  std::vector<Call*> free_calls_;
};

}  // namespace shoal::ps
