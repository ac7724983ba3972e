#include "launcher/doctor/pair_probe.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "common/base/error.h"

namespace shoal::launcher {
namespace {

using Clock = std::chrono::steady_clock;
// A caller sends frames: a ping comes back as it is, a stream begins after the other kind and lasts until the caller
// finishes writing; then its bytes and seconds are told.
using Frame = std::array<std::byte, 64>;
constexpr std::byte kPing{1}, kStream{2};
constexpr int kPings = 200;
constexpr double kConnectSeconds = 3, kPingSeconds = 0.2, kStreamSeconds = 0.3, kPatience = 4;
constexpr std::size_t kBlock = 256 << 10;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

double median_round_trip(Channel& channel) {
  Frame frame{};
  frame[0] = kPing;
  std::vector<double> times;
  const Clock::time_point start = Clock::now();
  while (times.size() < kPings && (times.empty() || seconds_since(start) < kPingSeconds)) {
    const Clock::time_point sent = Clock::now();
    channel.write(frame, after(kPatience));
    channel.read(frame, after(kPatience));
    times.push_back(seconds_since(sent));
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

double stream(Channel& channel) {
  Frame frame{};
  frame[0] = kStream;
  const std::vector<std::byte> block(kBlock);
  const Clock::time_point start = Clock::now();
  const Deadline deadline = after(kStreamSeconds + kPatience);
  channel.write(frame, deadline);
  do channel.write(block, deadline);
  while (seconds_since(start) < kStreamSeconds);
  channel.finish_writing();
  const auto answer = nlohmann::json::parse(channel.receive(kPatience));
  return answer.at("bytes").get<double>() / std::max(1e-9, answer.at("seconds").get<double>());
}

void answer(Channel& channel) {
  const Deadline deadline = after(kPingSeconds + kStreamSeconds + 3 * kPatience);
  Frame frame;
  while (true) {
    channel.read(frame, deadline);
    if (frame[0] == kStream) break;
    channel.write(frame, deadline);
  }
  std::vector<std::byte> block(kBlock);
  std::size_t bytes = 0;
  const Clock::time_point start = Clock::now();
  while (const std::size_t count = channel.read_some(block, deadline)) bytes += count;
  channel.send(nlohmann::json{{"bytes", bytes}, {"seconds", seconds_since(start)}}.dump(), kPatience);
}

}  // namespace

Trip measure(const std::string& address, std::uint16_t port, const JobSecret& secret, int place) {
  Trip trip;
  try {
    Channel channel = Channel::dial(address, port, secret, place, kConnectSeconds);
    trip.round_trip = median_round_trip(channel);
    trip.bandwidth = stream(channel);
  } catch (const std::exception& error) {
    trip.error = error.what();
  }
  return trip;
}

std::string encode(const Trip& trip) {
  return nlohmann::json{{"error", trip.error}, {"round_trip", trip.round_trip}, {"bandwidth", trip.bandwidth}}.dump();
}

Trip decode_trip(std::string_view text) {
  try {
    const auto json = nlohmann::json::parse(text);
    return {json.at("error"), json.at("round_trip"), json.at("bandwidth")};
  } catch (const nlohmann::json::exception& error) {
    raise<PeerError>("shoal doctor: what a host measured cannot be read: {}", error.what());
  }
}

PairServer::PairServer(bool this_host_only, int port, JobSecret secret)
    : secret_(std::move(secret)), acceptor_(this_host_only, port), thread_([this] { serve(); }) {}

PairServer::~PairServer() {
  stopping_ = true;
  thread_.join();
}

void PairServer::serve() {
  while (!stopping_) {
    try {
      if (auto caller = acceptor_.accept(secret_, 0.1)) answer(*caller);
    } catch (const std::exception&) {  // the caller says what went wrong
    }
  }
}

}  // namespace shoal::launcher
