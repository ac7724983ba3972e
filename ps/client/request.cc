#include "ps/client/request.h"

#include <algorithm>

namespace shoal::ps {
namespace {

// Twice as many whenever there are too few: how many are under way at once differs a little from step to step, and a
// step shall not allocate.
constexpr std::size_t kFirst = 4;

}  // namespace

void Request::let_go() {
  if (--holders_ == 0) pool_.give_back(*this);
}

Request& RequestPool::take_request() {
  const std::lock_guard lock(mutex_);
  if (first_free_ == nullptr) {
    const std::size_t more = std::max(kFirst, requests_.size());
    for (std::size_t i = 0; i < more; ++i) {
      requests_.push_back(std::make_unique<Request>(*this));
      append(*requests_.back());
    }
  }
  Request& request = *first_free_;
  first_free_ = request.next;
  request.head.reserve(most_head_);
  request.answer_head.reserve(most_answer_head_);
  request.body.reserve(most_spans_);
  request.places.reserve(most_spans_);
  request.header = {};
  request.priority = 0;
  request.head.clear();
  request.answer_head.clear();
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
    const std::size_t more = std::max(kFirst, calls_.size());
    free_calls_.reserve(calls_.size() + more);
    for (std::size_t i = 0; i < more; ++i) {
      calls_.push_back(std::make_unique<Call>());
      free_calls_.push_back(calls_.back().get());
    }
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
  most_head_ = std::max(most_head_, request.head.capacity());
  most_answer_head_ = std::max(most_answer_head_, request.answer_head.capacity());
  most_spans_ = std::max({most_spans_, request.body.capacity(), request.places.capacity()});
  append(request);
}

void RequestPool::append(Request& request) {
  request.next = nullptr;
  (first_free_ == nullptr ? first_free_ : last_free_->next) = &request;
  last_free_ = &request;
}

void RequestPool::give_back(Call& call) {
  const std::lock_guard lock(mutex_);
  free_calls_.push_back(&call);
}

}  // namespace shoal::ps
