#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "launcher/doctor/acceptor.h"

namespace shoal::launcher {

// What one host finds out about the way to another.
struct Trip {
  std::string error;      // why there is no connection, or why it broke; empty: all is well
  double round_trip = 0;  // seconds for 64 bytes, the median
  double bandwidth = 0;   // bytes a second, towards the other host
};

// Connects to another process's PairServer and measures for about half a second. Never throws: what goes wrong is in
// the trip.
Trip measure(const std::string& address, std::uint16_t port, const JobSecret& secret, int place);

std::string encode(const Trip& trip);
Trip decode_trip(std::string_view text);  // throws PeerError

// The other side of `measure`: a thread that answers callers one after the other.
class PairServer {
 public:
  PairServer(bool this_host_only, int port, JobSecret secret);  // throws IoError
  ~PairServer();
  std::uint16_t port() const { return acceptor_.port(); }

 private:
  void serve();
  const JobSecret secret_;
  Acceptor acceptor_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

}  // namespace shoal::launcher
