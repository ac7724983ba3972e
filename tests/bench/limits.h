#pragma once

#include <cstddef>

// What this machine can do without Shoal, for figures beside which Shoal's stand.
namespace shoal::bench {

// Bytes a second that plain blocking sockets carry over the loopback device, both directions of `flows` connections
// together, each with a thread for every end and direction.
double tcp_bandwidth(int flows);

// Seconds of a round trip of 64 bytes between two threads over such a connection.
double tcp_round_trip();

// Bytes a second of a[i] = b[i] + s c[i] on so many threads, three arrays of 64 MB each, a written past the caches.
double triad_bandwidth(int threads);

}  // namespace shoal::bench
