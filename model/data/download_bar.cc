#include "model/data/download_bar.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "common/base/log.h"

namespace shoal::datasets {

DownloadBar::DownloadBar(std::string name)
    : name_(std::move(name)), terminal_(::isatty(STDERR_FILENO) == 1), silent_(log::quiet()) {}

DownloadBar::~DownloadBar() {
  if (terminal_ && !silent_ && !shown_.empty()) std::fputc('\n', stderr);
}

std::string DownloadBar::text(const std::string& name, std::uint64_t done, std::uint64_t total) {
  constexpr std::uint64_t kWidth = 30;
  const double megabytes = static_cast<double>(done) / 1e6;
  if (total == 0) return fmt::format("{} {:.1f} MB", name, megabytes);
  const auto filled = static_cast<std::size_t>(kWidth * std::min(done, total) / total);
  std::string bar = std::string(filled, '=') + std::string(kWidth - filled, '.');
  if (filled < kWidth) bar[filled] = '>';
  return fmt::format("{} [{}] {:.1f}/{:.1f} MB", name, bar, megabytes, static_cast<double>(total) / 1e6);
}

void DownloadBar::show(std::uint64_t done, std::uint64_t total) {
  done_ = done;
  total_ = total;
  if (!terminal_ || silent_ || done == 0) return;
  std::string now = text(name_, done, total);
  if (now == shown_) return;
  fmt::print(stderr, "\r{}\033[K", now);
  std::fflush(stderr);
  shown_ = std::move(now);
}

void DownloadBar::finish() {
  show(done_, total_);
  if (!terminal_ && !silent_) fmt::print(stderr, "{}\n", text(name_, done_, total_));
}

}  // namespace shoal::datasets
