#pragma once

#include <cstdlib>
#include <optional>
#include <string>

namespace shoal {

// Sets a variable for as long as it lives (empty: removes it).
class Environment {
 public:
  Environment(std::string name, const std::string& value) : name_(std::move(name)) {
    if (const char* old = std::getenv(name_.c_str())) old_ = old;
    set(value);
  }
  ~Environment() { set(old_.value_or("")); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  void set(const std::string& value) {
    if (value.empty())
      ::unsetenv(name_.c_str());
    else
      ::setenv(name_.c_str(), value.c_str(), 1);
  }
  std::string name_;
  std::optional<std::string> old_;
};

}  // namespace shoal
