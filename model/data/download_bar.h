#pragma once

#include <cstdint>
#include <string>

namespace shoal::datasets {

// "mnist.npz [=========>......] 5.1/11.5 MB" on stderr: redrawn in place on a terminal, else one line at the end.
class DownloadBar {
 public:
  explicit DownloadBar(std::string name);
  ~DownloadBar();  // an unfinished bar leaves the cursor on a new line
  void show(std::uint64_t done, std::uint64_t total);
  void finish();

  static std::string text(const std::string& name, std::uint64_t done, std::uint64_t total);

 private:
  std::string name_, shown_;
  std::uint64_t done_ = 0, total_ = 0;
  bool terminal_, silent_;
};

}  // namespace shoal::datasets
