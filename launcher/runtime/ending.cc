#include "launcher/runtime/ending.h"

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include "common/base/error.h"
#include "common/base/log.h"

namespace shoal::launcher {
namespace {

SupervisorLink* the_link = nullptr;  // never destroyed: it speaks until the last moment
std::string* failure = nullptr;

std::function<void()>& farewell() {
  static auto* function = new std::function<void()>;
  return *function;
}

constexpr auto kSupervisorsTurn = std::chrono::seconds(2);

[[noreturn]] void on_terminate() {
  if (const auto error = std::current_exception()) end_with_error(error);
  log::error("terminated without an exception");
  std::abort();
}

// glibc's on_exit hands over the exit code that main returned or exit() was given.
void at_exit(int exit_code, void*) {
  if (farewell() && exit_code == 0) {
    try {
      std::exchange(farewell(), nullptr)();
    } catch (const std::exception& error) {
      mark_failed(error.what());
    }
  }
  if (failure != nullptr) {
    if (the_link != nullptr) the_link->failed(*failure);
    std::fflush(nullptr);
    if (exit_code == 0) ::_exit(1);
    return;
  }
  if (the_link != nullptr) the_link->goodbye(exit_code);
}

}  // namespace

void install_ending() {
  static const bool once = [] {
    std::set_terminate(on_terminate);
    ::on_exit(at_exit, nullptr);
    return true;
  }();
  static_cast<void>(once);
}

SupervisorLink* keep_link(std::unique_ptr<SupervisorLink> link) { return the_link = link.release(); }

void set_farewell(std::function<void()> function) { farewell() = std::move(function); }

void mark_failed(const std::string& why) {
  if (failure == nullptr) failure = new std::string(why);
}

void end_with_error(std::exception_ptr error) {
  std::string text = "an exception that is no std::exception";
  bool peer = false;
  try {
    std::rethrow_exception(error);
  } catch (const PeerError& e) {
    text = e.what();
    peer = true;
  } catch (const std::exception& e) {
    text = e.what();
  } catch (...) {
  }
  std::fflush(stdout);
  if (peer && the_link != nullptr) std::this_thread::sleep_for(kSupervisorsTurn);  // the link's thread may end us
  log::error("{}", text);
  if (the_link != nullptr) the_link->failed(text);
  ::_exit(1);
}

}  // namespace shoal::launcher
