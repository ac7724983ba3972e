#include "ps/client/request.h"

namespace shoal::ps {

void Request::let_go() {
  if (--holders_ == 0) pool_.give_back(*this);
}

Request& RequestPool::take_request() {
  const std::lock_guard lock(mutex_);
  if (free_requests_.empty()) {
    requests_.push_back(std::make_unique<Request>(*this));
    free_requests_.reserve(requests_.size());
    free_requests_.push_back(requests_.back().get());
  }
  Request& request = *free_requests_.back();
  free_requests_.pop_back();
  request.header = {};
  request.head.clear();
  request.body.clear();
  request.places.clear();
  request.message.clear();
  request.result.clear();
  request.call = nullptr;
  request.next = nullptr;
  request.holders_ = 2;
  return request;
}

Call& RequestPool::take_call() {
  const std::lock_guard lock(mutex_);
  if (free_calls_.empty()) {
    calls_.push_back(std::make_unique<Call>());
    free_calls_.reserve(calls_.size());
    free_calls_.push_back(calls_.back().get());
  }
  Call& call = *free_calls_.back();
  free_calls_.pop_back();
  call.unanswered = 0;
  call.waited_for = false;
  call.error.clear();
  call.result.clear();
  return call;
}

void RequestPool::give_back(Request& request) {
  const std::lock_guard lock(mutex_);
  free_requests_.push_back(&request);
}

void RequestPool::give_back(Call& call) {
  const std::lock_guard lock(mutex_);
  free_calls_.push_back(&call);
}

}  // namespace shoal::ps
