#pragma once

#include <poll.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "launcher/runtime/supervision.h"

namespace shoal::launcher {

// The supervisor's side of all its connections: a listening socket, strangers who must prove within a deadline that
// they belong to the job, and the processes that did. Never blocks.
class Reception {
 public:
  struct Event {
    enum class Kind { kJoined, kNote, kClosed } kind = Kind::kJoined;
    int place = 0;
    Hello hello;
    Note note;
  };

  Reception(std::string job, std::vector<std::byte> secret, int places, bool this_host_only);
  ~Reception();
  Reception(const Reception&) = delete;
  Reception& operator=(const Reception&) = delete;

  std::uint16_t port() const { return port_; }
  void add_to(std::vector<pollfd>& polls) const;
  // What has happened since; reads everything there is.
  std::vector<Event> collect(double now);
  void abort_all();  // calls the job off

 private:
  struct Guest;
  void accept_all(double now);
  bool advance(Guest& guest, std::vector<Event>& events);  // false: close it

  const std::string job_;
  const std::vector<std::byte> secret_;
  const int places_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::vector<std::unique_ptr<Guest>> guests_;
  std::vector<bool> taken_;  // by place: a second process for the same place is a stranger
};

}  // namespace shoal::launcher
