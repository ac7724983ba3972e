#pragma once

#include <atomic>
#include <cstdint>

namespace shoal {

// Sleeping on a word that processes share. Both are safe on memory mapped at different addresses.

// Returns when woken, after `milliseconds`, or at once when the word is not `expected` any more; may also return for
// no reason.
void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, int milliseconds);
void futex_wake_all(const std::atomic<std::uint32_t>& word);

}  // namespace shoal
