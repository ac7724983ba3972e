#pragma once

#include <functional>
#include <memory>

namespace shoal::net {

// One event loop for one thread. Whatever lives on a loop is touched by its thread alone; other threads post.
class Loop {
 public:
  struct Context;

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  void run();                               // returns when nothing is left to do
  void post(std::function<void()> work);    // from any thread; allocates
  Context& context() { return *context_; }  // for common/net

 private:
  std::unique_ptr<Context> context_;
};

// A loop with a thread of its own, which runs until `join`, and then until nothing is left to do.
class IoThread {
 public:
  IoThread();
  ~IoThread();  // joins
  Loop& loop();
  void join();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Wakes a loop from any thread without allocating; several rings may become one call.
class Doorbell {
 public:
  Doorbell(Loop& loop, std::function<void()> on_ring);
  ~Doorbell();  // on the loop's thread, or when the loop does not run
  void ring();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Calls once, or again and again, on the loop's thread; keeps the loop running while started.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_time);
  ~Timer();
  void start(double seconds, bool repeat = false);
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace shoal::net
