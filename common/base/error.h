#pragma once

#include <fmt/core.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace shoal {

// Every error names the place, the rule and the value received, in one line: "Dense 'head': units must be positive,
// received -3". Catch `Error` for all of them.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// An argument, shape, dtype, flag or configuration breaks a rule.
class ValueError : public Error {
 public:
  using Error::Error;
};

// A file is missing, truncated, damaged or cannot be written.
class IoError : public Error {
 public:
  using Error::Error;
};

// Another process of the job is not there, went away, or sent what it should not.
class PeerError : public Error {
 public:
  using Error::Error;
};

// A rule of our own was broken.
class InternalError : public Error {
 public:
  using Error::Error;
};

// raise<IoError>("{}: not an HDF5 file", path)
template <class E = ValueError, class... Args>
[[noreturn]] void raise(fmt::format_string<Args...> format, Args&&... args) {
  throw E(fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace shoal
