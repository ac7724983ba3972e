#include "model/viz/progress_bar.h"

#include <fmt/core.h>

#include <cmath>
#include <cstdio>

#include "model/train/run_context.h"
#include "model/viz/terminal.h"

namespace shoal::viz {
namespace {

constexpr int kWidth = 20;

std::string repeat(const char* text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

std::string bold(const std::string& text) { return "\x1b[1m" + text + "\x1b[0m"; }

std::string remaining(double seconds) {
  const auto s = static_cast<std::int64_t>(seconds);
  if (seconds > 3600) return fmt::format("{}:{:02}:{:02}", s / 3600, s % 3600 / 60, s % 60);
  if (seconds > 60) return fmt::format("{}:{:02}", s / 60, s % 60);
  return fmt::format("{}s", s);
}

std::string per_step(double seconds) {
  if (seconds >= 1 || seconds == 0) return fmt::format("{:.0f}s/step", seconds);
  if (seconds >= 1e-3) return fmt::format("{:.0f}ms/step", seconds * 1e3);
  return fmt::format("{:.0f}us/step", seconds * 1e6);
}

std::string values_text(const Logs& logs) {
  std::string text;
  const auto add = [&](const std::string& name, double value) {
    text +=
        std::abs(value) > 1e-3 ? fmt::format(" - {}: {:.4f}", name, value) : fmt::format(" - {}: {:.4e}", name, value);
  };
  for (const auto& [name, value] : logs)
    if (name != "learning_rate") add(name, value);
  if (const auto rate = logs.find("learning_rate"); rate != logs.end()) add(rate->first, rate->second);
  return text;
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace

ProgressBar::ProgressBar(std::int64_t target, int verbose) : target_(target) {
  const bool silent = verbose == 0 || !train::run_context().is_chief();
  const bool bar = verbose != 2 && is_terminal();
  style_ = silent ? Style::kNone : bar ? Style::kBar : Style::kLine;
}

double ProgressBar::seconds_since(Clock::time_point start) const {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The first step is left out once there are others: it is seldom like them.
double ProgressBar::step_seconds(std::int64_t current) const {
  if (current <= 0) return 0;
  if (current > 1 && after_first_ != Clock::time_point{})
    return seconds_since(after_first_) / static_cast<double>(current - 1);
  return seconds_since(start_) / static_cast<double>(current);
}

void ProgressBar::title(int epoch, int epochs) {
  if (visible()) print(fmt::format("Epoch {}/{}\n", epoch, epochs));
}

void ProgressBar::update(std::int64_t current, const Logs& logs) {
  current_ = current;
  if (!visible()) return;
  const double step = step_seconds(current);
  if (current == 1) after_first_ = Clock::now();
  if (style_ != Style::kBar || seconds_since(drawn_) < 0.05) return;
  drawn_ = Clock::now();
  print(bar_text(current, logs, seconds_since(start_), step, false));
}

void ProgressBar::finish(const Logs& logs) {
  if (!visible()) return;
  const double seconds = seconds_since(start_), step = step_seconds(current_);
  print(style_ == Style::kBar ? bar_text(current_, logs, seconds, step, true)
                              : line_text(current_, logs, seconds, step));
}

std::string ProgressBar::bar_text(std::int64_t current, const Logs& logs, double seconds, double step_seconds,
                                  bool last) {
  const int digits = static_cast<int>(std::to_string(target_).size());
  const std::string count = fmt::format("{:{}}/{}", current, digits, target_);
  const int full = target_ > 0 ? static_cast<int>(kWidth * current / target_) : kWidth;
  const std::string time =
      last ? fmt::format("{:.0f}s", seconds) : remaining(step_seconds * static_cast<double>(target_ - current));
  const std::string info = fmt::format(" {}{}", per_step(step_seconds), values_text(logs));
  std::string text = std::string(width_, '\b') + "\r" + bold(count) + " ";
  if (full > 0) text += "\x1b[32m" + repeat("━", full) + "\x1b[0m";
  text += "\x1b[37m" + repeat("━", kWidth - full) + "\x1b[0m " + bold(time) + info;
  const std::size_t width = count.size() + 2 + kWidth + time.size() + info.size();
  if (width_ > width) text += std::string(width_ - width, ' ');
  width_ = width;
  return last ? text + "\n" : text;
}

std::string ProgressBar::line_text(std::int64_t current, const Logs& logs, double seconds, double step_seconds) const {
  const int digits = static_cast<int>(std::to_string(target_).size());
  return fmt::format("{:{}}/{} - {:.0f}s - {}{}\n", current, digits, target_, seconds, per_step(step_seconds),
                     values_text(logs));
}

}  // namespace shoal::viz
