#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <vector>

#include "common/optim/rule.h"
#include "model/train/model.h"
#include "model/train/run_context.h"
#include "model/train/state.h"
#include "model/viz/terminal.h"

// The table that Keras prints: the same words, column widths and totals.
namespace shoal {
namespace {

constexpr int kColumns = 3;
using Widths = std::array<int, kColumns>;
using Row = std::array<std::string, kColumns>;

// Cells with their padding. Rounds halves to even, as Python does.
Widths widths_of(int line) {
  constexpr double kPositions[kColumns] = {0.45, 0.80, 1.0};
  Widths widths{};
  int before = 0, total = 0;
  for (int i = 0; i < kColumns; ++i) {
    const int end = static_cast<int>(kPositions[i] * line);
    widths[i] = end - before + 2;
    before = end;
    total += widths[i];
  }
  int excess = total - (line - (kColumns + 1));
  for (int i = 0; i < kColumns && excess > 0; ++i) {
    const int cut = static_cast<int>(std::nearbyint(static_cast<double>(excess) / (kColumns - i)));
    widths[i] -= cut;
    excess -= cut;
  }
  for (int& width : widths) width = std::max(width, 4);
  return widths;
}

std::string repeat(const char* text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

std::string rule(const Widths& widths, const char* left, const char* line, const char* between, const char* right) {
  std::string text(left);
  for (int i = 0; i < kColumns; ++i) text += repeat(line, widths[i]) + (i + 1 < kColumns ? between : right);
  return text + "\n";
}

// Breaks at spaces; a word that is too long loses its end.
std::vector<std::string> wrap(const std::string& text, int width) {
  const auto limit = static_cast<std::size_t>(width);
  std::vector<std::string> lines{""};
  std::istringstream words(text);
  std::size_t used = 0;
  for (std::string word; words >> word;) {
    std::size_t size = word.size();
    if (size > limit) {
      word = word.substr(0, limit - 1) + "…";
      size = limit;
    }
    if (used > 0 && used + 1 + size > limit) {
      lines.emplace_back();
      used = 0;
    }
    if (used > 0) lines.back() += ' ';
    used += size + (used > 0 ? 1 : 0);
    lines.back() += word;
  }
  return lines;
}

std::string cells(const Widths& widths, const Row& row, const char* bar) {
  std::array<std::vector<std::string>, kColumns> lines;
  std::size_t height = 0;
  for (int i = 0; i < kColumns; ++i) {
    lines[i] = wrap(row[i], widths[i] - 2);
    height = std::max(height, lines[i].size());
  }
  std::string text;
  for (std::size_t h = 0; h < height; ++h) {
    for (int i = 0; i < kColumns; ++i) {
      const std::string cell = h < lines[i].size() ? lines[i][h] : "";
      const int width = widths[i] - 2;
      text += fmt::format("{} {} ", bar,
                          i + 1 == kColumns ? fmt::format("{:>{}}", cell, width) : fmt::format("{:<{}}", cell, width));
    }
    text += std::string(bar) + "\n";
  }
  return text;
}

std::string with_commas(std::int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), 1, ',');
  return text;
}

std::string memory(double bytes) {
  const char* unit = "B";
  for (const char* next : {"KB", "MB", "GB", "TB", "PB"}) {
    if (bytes < 1024) break;
    bytes /= 1024;
    unit = next;
  }
  return fmt::format("{:.2f} {}", bytes, unit);
}

struct Count {
  std::int64_t parameters = 0;
  double bytes = 0;
  void add(const Variable& variable) {
    parameters += static_cast<std::int64_t>(variable.size());
    bytes += static_cast<double>(variable.bytes());
  }
};

std::string total(const char* name, const Count& count) {
  return fmt::format(" {}: {} ({})\n", name, with_commas(count.parameters), memory(count.bytes));
}

}  // namespace

std::string Model::summary_text(int width) {
  const int line = width > 0 ? width : std::min(88, viz::terminal_width() - 4);
  const Widths widths = widths_of(std::max(line, 24));
  std::string text = fmt::format("Model: \"{}\"\n", name_);
  text += rule(widths, "┏", "━", "┳", "┓") + cells(widths, {"Layer (type)", "Output Shape", "Param #"}, "┃");
  text += rule(widths, "┡", "━", "╇", "┩");
  Shape shape = input_shape();
  bool first = true;
  for (const Layer& layer : layers()) {
    if (!first) text += rule(widths, "├", "─", "┼", "┤");
    first = false;
    if (shape.rank() > 0) shape = layer->compute_output_shape(shape);
    text +=
        cells(widths,
              {fmt::format("{} ({})", layer->name(), layer->class_name()), shape.rank() > 0 ? shape.to_string() : "?",
               layer->built() ? with_commas(layer->count_params()) : "0 (unbuilt)"},
              "│");
  }
  text += rule(widths, "└", "─", "┴", "┘");

  Count all, trainable, fixed, optimizer_state;
  for (const Variable& variable : weights()) {
    all.add(variable);
    (variable.trainable() ? trainable : fixed).add(variable);
  }
  if (state_->updater) {
    const int slots = optim::make_rule(optimizer().rule())->slots();
    // The state of each weight, the number of updates and the learning rate.
    optimizer_state = {trainable.parameters * slots + 2, trainable.bytes * slots + 8};
    all = {all.parameters + optimizer_state.parameters, all.bytes + optimizer_state.bytes};
  }
  text += total("Total params", all) + total("Trainable params", trainable) + total("Non-trainable params", fixed);
  if (state_->updater) text += total("Optimizer params", optimizer_state);
  return text;
}

void Model::summary() {
  if (!train::run_context().is_chief()) return;
  std::string text = summary_text();
  if (viz::is_terminal()) {
    const std::size_t end = text.find('\n');
    text.insert(end, "\x1b[0m").insert(0, "\x1b[1m");
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace shoal
