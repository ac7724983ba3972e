#include "tests/bench/limits.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/error.h"
#include "tests/bench/peak.h"

namespace shoal::bench {
namespace {

// Two ends of a connection.
std::pair<int, int> connected(Socket kind) {
  const auto must = [](int result) {
    if (result < 0) raise<IoError>("bench: no connection within this host");
    return result;
  };
  if (kind == Socket::unix_domain) {
    int ends[2];
    must(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
    return {ends[0], ends[1]};
  }
  const int listener = must(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  must(::bind(listener, reinterpret_cast<sockaddr*>(&address), size));
  must(::listen(listener, 1));
  must(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size));
  const int one = must(::socket(AF_INET, SOCK_STREAM, 0));
  must(::connect(one, reinterpret_cast<sockaddr*>(&address), size));
  const int other = must(::accept(listener, nullptr, nullptr));
  ::close(listener);
  const int on = 1;
  for (const int end : {one, other}) ::setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return {one, other};
}

}  // namespace

double socket_bandwidth(Socket kind, int flows) {
  constexpr std::size_t kChunk = 1 << 20;
  std::atomic<std::size_t> moved{0};
  std::vector<int> ends;
  std::vector<std::thread> threads;
  for (int i = 0; i < flows; ++i) {
    const auto [one, other] = connected(kind);
    ends.insert(ends.end(), {one, other});
  }
  for (const int end : ends) {
    threads.emplace_back([end] {
      const auto bytes = std::make_unique<char[]>(kChunk);
      while (::send(end, bytes.get(), kChunk, MSG_NOSIGNAL) > 0) continue;
    });
    threads.emplace_back([end, &moved] {
      const auto bytes = std::make_unique<char[]>(kChunk);
      for (ssize_t got = 1; got > 0; moved += static_cast<std::size_t>(std::max<ssize_t>(got, 0)))
        got = ::recv(end, bytes.get(), kChunk, 0);
    });
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  const double start = seconds_now();
  const std::size_t before = moved;
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  const double rate = static_cast<double>(moved - before) / (seconds_now() - start);
  for (const int end : ends) ::shutdown(end, SHUT_RDWR);
  for (auto& thread : threads) thread.join();
  for (const int end : ends) ::close(end);
  return rate;
}

double socket_round_trip(Socket kind) {
  const auto [one, other] = connected(kind);
  char bytes[64] = {};
  const auto move = [](auto call, int end, char* data) {
    for (std::size_t done = 0; done < 64;) {
      const ssize_t count = call(end, data + done, 64 - done, MSG_NOSIGNAL);
      if (count <= 0) return false;
      done += static_cast<std::size_t>(count);
    }
    return true;
  };
  std::thread echo([&, end = other] {
    char mine[64];
    while (move(::recv, end, mine) && move(::send, end, mine)) continue;
  });
  std::vector<double> times;
  for (int i = 0; i < 2000; ++i) {
    const double start = seconds_now();
    move(::send, one, bytes);
    move(::recv, one, bytes);
    times.push_back(seconds_now() - start);
  }
  ::shutdown(one, SHUT_RDWR);
  echo.join();
  ::close(one);
  ::close(other);
  std::nth_element(times.begin(), times.begin() + 1000, times.end());
  return times[1000];
}

double triad_bandwidth(int threads) {
  constexpr std::size_t kElements = 16 << 20;
  std::vector<float> a(kElements), b(kElements, 1), c(kElements, 2);
  const auto part = [&](std::size_t begin, std::size_t end) {
#if defined(__SSE2__)
    const __m128 s = _mm_set1_ps(0.5f);
    for (std::size_t i = begin; i < end; i += 4)
      _mm_stream_ps(&a[i], _mm_add_ps(_mm_loadu_ps(&b[i]), _mm_mul_ps(s, _mm_loadu_ps(&c[i]))));
    _mm_sfence();
#else
    for (std::size_t i = begin; i < end; ++i) a[i] = b[i] + 0.5f * c[i];
#endif
  };
  const auto count = static_cast<std::size_t>(threads);
  double best = 1e9;
  for (int round = 0; round < 5; ++round) {
    std::vector<std::thread> running;
    const double start = seconds_now();
    for (std::size_t t = 0; t < count; ++t)
      running.emplace_back(part, kElements * t / count / 4 * 4, kElements * (t + 1) / count / 4 * 4);
    for (auto& thread : running) thread.join();
    best = std::min(best, seconds_now() - start);
  }
  return 3.0 * kElements * sizeof(float) / best;
}

}  // namespace shoal::bench
