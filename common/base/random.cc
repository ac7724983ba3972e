#include "common/base/random.h"

#include <atomic>
#include <cmath>
#include <numbers>

namespace shoal::random {

std::array<std::uint32_t, 4> philox(std::uint64_t key, std::uint64_t counter_high, std::uint64_t counter_low) {
  constexpr std::uint64_t kMultiplier0 = 0xD2511F53, kMultiplier1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  auto k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  std::array<std::uint32_t, 4> c{static_cast<std::uint32_t>(counter_low), static_cast<std::uint32_t>(counter_low >> 32),
                                 static_cast<std::uint32_t>(counter_high),
                                 static_cast<std::uint32_t>(counter_high >> 32)};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t p0 = kMultiplier0 * c[0], p1 = kMultiplier1 * c[2];
    c = {static_cast<std::uint32_t>(p1 >> 32) ^ c[1] ^ k0, static_cast<std::uint32_t>(p1),
         static_cast<std::uint32_t>(p0 >> 32) ^ c[3] ^ k1, static_cast<std::uint32_t>(p0)};
    k0 += kWeyl0;
    k1 += kWeyl1;
  }
  return c;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  const auto words = philox(a, b, c);
  return (static_cast<std::uint64_t>(words[0]) << 32) | words[1];
}

std::uint32_t Generator::next() {
  if (left_ == 0) {
    words_ = philox(key_, stream_, block_++);
    left_ = 4;
  }
  return words_[static_cast<std::size_t>(4 - left_--)];
}

double Generator::uniform() {
  const std::uint32_t high = next();
  return uniform_double(high, next());
}

double Generator::normal() {
  const double u = 1.0 - uniform();  // (0, 1]
  const double v = uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

std::uint64_t Generator::below(std::uint64_t bound) {
  const std::uint64_t threshold = (0 - bound) % bound;  // 2^64 mod bound: words below it would favour small numbers
  for (;;) {
    const std::uint64_t word = (static_cast<std::uint64_t>(next()) << 32) | next();
    if (word >= threshold) return word % bound;
  }
}

namespace {
std::atomic<std::uint64_t> seed{0};
std::atomic<std::uint64_t> streams{0};
}  // namespace

void set_global_seed(std::uint64_t value) {
  seed = value;
  streams = 0;
}
std::uint64_t global_seed() { return seed; }
std::uint64_t next_stream() { return ++streams; }

}  // namespace shoal::random
