#include "common/net/loop.h"

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "common/net/loop_context.h"
#include "common/net/operation.h"

namespace shoal::net {

Loop::Loop() : context_(std::make_unique<Context>()) {}
Loop::~Loop() = default;

void Loop::run() {
  context_->io.restart();
  context_->io.run();
}

void Loop::post(std::function<void()> work) { asio::post(context_->io, std::move(work)); }

struct IoThread::Impl {
  Loop loop;
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> guard{
      asio::make_work_guard(loop.context().io)};
  std::thread thread{[this] { loop.run(); }};
};

IoThread::IoThread() : impl_(std::make_unique<Impl>()) {}
IoThread::~IoThread() { join(); }
Loop& IoThread::loop() { return impl_->loop; }

void IoThread::join() {
  impl_->guard.reset();
  if (impl_->thread.joinable()) impl_->thread.join();
}

struct Doorbell::State {
  asio::io_context& io;
  std::function<void()> on_ring;
  HandlerMemory memory;
  std::atomic<bool> rung = false;

  struct Handler {
    using allocator_type = HandlerAllocator<std::byte>;
    std::shared_ptr<State> state;
    allocator_type get_allocator() const noexcept { return allocator_type(state->memory); }
    void operator()() {
      state->rung.store(false, std::memory_order_seq_cst);  // before looking: a later ring comes again
      if (state->on_ring) state->on_ring();
    }
  };
};

Doorbell::Doorbell(Loop& loop, std::function<void()> on_ring)
    : state_(new State{loop.context().io, std::move(on_ring), {}, false}) {}
Doorbell::~Doorbell() { state_->on_ring = nullptr; }

void Doorbell::ring() {
  if (state_->rung.exchange(true)) return;
  asio::post(state_->io, State::Handler{state_});
}

struct Timer::State {
  asio::steady_timer timer;
  std::function<void()> on_time;
  HandlerMemory memory;
  std::chrono::steady_clock::duration period{};  // zero: once
  bool started = false;
  bool pending = false;  // one wait at a time; restarting moves its expiry

  State(asio::io_context& io, std::function<void()> call) : timer(io), on_time(std::move(call)) {}

  struct Handler {
    using allocator_type = HandlerAllocator<std::byte>;
    std::shared_ptr<State> state;
    allocator_type get_allocator() const noexcept { return allocator_type(state->memory); }
    void operator()(boost::system::error_code error) { State::fired(std::move(state), error); }
  };

  static void wait(const std::shared_ptr<State>& state) {
    state->pending = true;
    state->timer.async_wait(Handler{state});
  }
  static void fired(std::shared_ptr<State> state, boost::system::error_code error) {
    state->pending = false;
    if (!state->started) return;
    if (!error) {
      if (state->period.count() == 0)
        state->started = false;
      else
        state->timer.expires_after(state->period);
      const auto call = state->on_time;  // which may destroy the timer
      if (call) call();
    }
    if (state->started && !state->pending) wait(state);
  }
};

Timer::Timer(Loop& loop, std::function<void()> on_time)
    : state_(std::make_shared<State>(loop.context().io, std::move(on_time))) {}

Timer::~Timer() {
  stop();
  state_->on_time = nullptr;
}

void Timer::start(double seconds, bool repeat) {
  const auto time =
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds));
  state_->started = true;
  state_->period = repeat ? time : std::chrono::steady_clock::duration::zero();
  state_->timer.expires_after(time);  // cancels a wait, whose handler then starts the new one
  if (!state_->pending) State::wait(state_);
}

void Timer::stop() {
  state_->started = false;
  state_->timer.cancel();
}

}  // namespace shoal::net
