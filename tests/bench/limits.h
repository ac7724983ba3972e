#pragma once

#include <cstddef>

// What this machine can do without Shoal, for figures beside which Shoal's stand.
namespace shoal::bench {

enum class Socket { tcp, unix_domain };  // TCP: over the loopback device

// Bytes a second that plain blocking sockets carry, both directions of `flows` connections together, each with a thread
// for every end and direction.
double socket_bandwidth(Socket kind, int flows);

// Seconds of a round trip of 64 bytes between two threads over such a connection.
double socket_round_trip(Socket kind);

// Bytes a second of a[i] = b[i] + s c[i] on so many threads, three arrays of 64 MB each, a written past the caches.
double triad_bandwidth(int threads);

}  // namespace shoal::bench
