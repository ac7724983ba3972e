#pragma once

#include <array>
#include <cstdint>

namespace shoal::random {

// Philox-4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC 2011): four 32-bit
// words from a 64-bit key and a 128-bit counter, with no state. Whoever computes draw number n of a stream gets the
// same bits, so draws depend on neither threads nor workers.
std::array<std::uint32_t, 4> philox(std::uint64_t key, std::uint64_t counter_high, std::uint64_t counter_low);

// One 64-bit key from several numbers, e.g. (seed, stream, step).
std::uint64_t mix(std::uint64_t a, std::uint64_t b, std::uint64_t c = 0);

// Uniform in [0, 1): 24 bits of the word.
inline float uniform_float(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }

// Uniform in [0, 1): 53 bits of two words.
inline double uniform_double(std::uint32_t high, std::uint32_t low) {
  return static_cast<double>((static_cast<std::uint64_t>(high) << 21) ^ (low >> 11)) * 0x1p-53;
}

// A sequential reader of one stream; cheap to copy. Draw n of (key, stream) is the same on every machine.
class Generator {
 public:
  explicit Generator(std::uint64_t key, std::uint64_t stream = 0) : key_(key), stream_(stream) {}

  std::uint32_t next();
  double uniform();                          // [0, 1)
  double normal();                           // mean 0, deviation 1 (Box-Muller, one value a call)
  std::uint64_t below(std::uint64_t bound);  // [0, bound), unbiased

 private:
  std::uint64_t key_, stream_, block_ = 0;
  std::array<std::uint32_t, 4> words_{};
  int left_ = 0;
};

// The seed behind everything that was given none (initializers, dropout, shuffle): set_random_seed, as Keras's
// keras.utils.set_random_seed. In a job every worker must end up with the chief's; `fit` sees to that.
void set_global_seed(std::uint64_t seed);
std::uint64_t global_seed();  // 0 until one was set
std::uint64_t next_stream();  // a number of its own for each layer or initializer made since the seed was set

}  // namespace shoal::random
