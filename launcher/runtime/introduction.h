#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "launcher/runtime/blocking_socket.h"
#include "launcher/runtime/supervision.h"

// The handshake of supervision.h over a socket: afterwards either side knows that the other knows the secret.
namespace shoal::launcher {

// The side that says hello. False: the other one does not know the secret, or it is late.
bool introduce(int fd, const std::vector<std::byte>& secret, const Hello& hello, Deadline deadline);

// The side that listens, where it has nothing else to do; `hello` is proved when this says true.
bool admit(int fd, const std::vector<std::byte>& secret, std::string_view job, Hello& hello, Deadline deadline);

}  // namespace shoal::launcher
