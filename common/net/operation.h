#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <memory>
#include <new>
#include <utility>

#include "common/net/asio.h"

namespace shoal::net {

// Memory for the handler of one asynchronous operation at a time: repeating it allocates nothing.
class HandlerMemory {
 public:
  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;
  HandlerMemory& operator=(const HandlerMemory&) = delete;

  void* allocate(std::size_t bytes) {
    if (used_ || bytes > sizeof(memory_)) return ::operator new(bytes);
    used_ = true;
    return memory_;
  }
  void deallocate(void* memory) {
    if (memory == memory_)
      used_ = false;
    else
      ::operator delete(memory);
  }

 private:
  alignas(std::max_align_t) std::byte memory_[512];
  bool used_ = false;
};

// What Asio asks for a handler's allocator.
template <class T>
struct HandlerAllocator {
  using value_type = T;
  HandlerMemory* memory;

  explicit HandlerAllocator(HandlerMemory& of) : memory(&of) {}
  template <class U>
  HandlerAllocator(const HandlerAllocator<U>& other) : memory(other.memory) {}
  T* allocate(std::size_t n) { return static_cast<T*>(memory->allocate(n * sizeof(T))); }
  void deallocate(T* at, std::size_t) { memory->deallocate(at); }
  template <class U>
  bool operator==(const HandlerAllocator<U>& other) const {
    return memory == other.memory;
  }
  template <class U>
  bool operator!=(const HandlerAllocator<U>& other) const {
    return memory != other.memory;
  }
};

// A coroutine that runs by itself and frees its frame at its end. Its first argument holds its object alive.
struct Task {
  struct promise_type {
    Task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

// An operation that one coroutine waits for: its handler's memory and, afterwards, its result.
struct Operation {
  HandlerMemory memory;
  boost::system::error_code error;
  std::size_t bytes = 0;
  std::coroutine_handle<> waiting;

  bool failed() const { return static_cast<bool>(error); }
};

// The handler of an Operation. If it is destroyed uncalled, the coroutine is too.
class Completion {
 public:
  using allocator_type = HandlerAllocator<std::byte>;

  explicit Completion(Operation& operation) : operation_(&operation) {}
  Completion(Completion&& other) noexcept : operation_(std::exchange(other.operation_, nullptr)) {}
  Completion& operator=(Completion&&) = delete;
  ~Completion() {
    if (operation_) std::exchange(operation_->waiting, {}).destroy();
  }
  allocator_type get_allocator() const noexcept { return allocator_type(*memory()); }
  void operator()(boost::system::error_code error, std::size_t bytes = 0) {
    Operation& operation = *std::exchange(operation_, nullptr);
    operation.error = error;
    operation.bytes = bytes;
    std::exchange(operation.waiting, {}).resume();
  }

 private:
  HandlerMemory* memory() const { return &operation_->memory; }
  Operation* operation_;
};

// Where one coroutine of a loop sleeps until another piece of code on the same thread wakes it.
class Event {
 public:
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> self) noexcept { waiting_ = self; }
  void await_resume() const noexcept {}
  void notify() {
    if (waiting_) std::exchange(waiting_, {}).resume();
  }

 private:
  std::coroutine_handle<> waiting_;
};

}  // namespace shoal::net
