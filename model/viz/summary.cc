#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <sstream>
#include <vector>

#include "common/optim/rule.h"
#include "model/functional/network.h"
#include "model/train/model.h"
#include "model/train/run_context.h"
#include "model/train/state.h"
#include "model/viz/terminal.h"

// The table that Keras prints: the same words, column widths and totals.
namespace shoal {
namespace {

struct Column {
  double end;  // of the line's width
  const char* title;
  bool right = false;
};
using Columns = std::vector<Column>;
using Widths = std::vector<int>;
using Row = std::vector<std::string>;

const Columns kPlain = {{0.45, "Layer (type)"}, {0.80, "Output Shape"}, {1.0, "Param #", true}};
const Columns kLinked = {{0.3, "Layer (type)"}, {0.56, "Output Shape"}, {0.74, "Param #", true}, {1.0, "Connected to"}};

// Cells with their padding. Rounds halves to even, as Python does.
Widths widths_of(const Columns& columns, int line) {
  const int count = static_cast<int>(columns.size());
  Widths widths;
  int before = 0, total = 0;
  for (const Column& column : columns) {
    const int end = static_cast<int>(column.end * line);
    widths.push_back(end - before + 2);
    before = end;
    total += widths.back();
  }
  int excess = total - (line - (count + 1));
  for (int i = 0; i < count && excess > 0; ++i) {
    const int cut = static_cast<int>(std::nearbyint(static_cast<double>(excess) / (count - i)));
    widths[static_cast<std::size_t>(i)] -= cut;
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
  for (std::size_t i = 0; i < widths.size(); ++i)
    text += repeat(line, widths[i]) + (i + 1 < widths.size() ? between : right);
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

std::string cells(const Columns& columns, const Widths& widths, const Row& row, const char* bar) {
  std::vector<std::vector<std::string>> lines;
  std::size_t height = 0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    lines.push_back(wrap(row[i], widths[i] - 2));
    height = std::max(height, lines[i].size());
  }
  std::string text;
  for (std::size_t h = 0; h < height; ++h) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      const std::string cell = h < lines[i].size() ? lines[i][h] : "";
      const int width = widths[i] - 2;
      text += fmt::format("{} {} ", bar,
                          columns[i].right ? fmt::format("{:>{}}", cell, width) : fmt::format("{:<{}}", cell, width));
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

std::string shapes_text(const std::vector<Shape>& shapes) {
  if (shapes.empty()) return "?";
  if (shapes.size() == 1) return shapes.front().to_string();
  std::string text;
  for (const Shape& shape : shapes) text += (text.empty() ? "[" : ", ") + shape.to_string();
  return text + "]";
}

std::string links_text(const std::vector<std::string>& links) {
  std::string text;
  for (const std::string& link : links) text += (text.empty() ? "" : ", ") + link;
  return text.empty() ? "-" : text;
}

Row row_of(const functional::SummaryRow& row, bool linked) {
  const Layer& layer = row.layer;
  const bool built = layer->built() || layer->class_name() == "InputLayer" || layer->class_name() == "Sequential";
  Row result = {fmt::format("{} ({})", layer->name(), layer->class_name()), shapes_text(row.outputs),
                built ? with_commas(layer->count_params()) : "0 (unbuilt)"};
  if (linked) result.push_back(links_text(row.links));
  return result;
}

std::string table(const functional::SummaryRows& rows, int width) {
  const Columns& columns = rows.is_chain ? kPlain : kLinked;
  const int line = width > 0 ? width : std::min(rows.is_chain ? 88 : 108, viz::terminal_width() - 4);
  const Widths widths = widths_of(columns, std::max(line, 24));
  Row titles;
  for (const Column& column : columns) titles.emplace_back(column.title);
  std::string text = rule(widths, "┏", "━", "┳", "┓") + cells(columns, widths, titles, "┃");
  text += rule(widths, "┡", "━", "╇", "┩");
  bool first = true;
  for (const functional::SummaryRow& row : rows.rows) {
    if (!first) text += rule(widths, "├", "─", "┼", "┤");
    first = false;
    text += cells(columns, widths, row_of(row, !rows.is_chain), "│");
  }
  return text + rule(widths, "└", "─", "┴", "┘");
}

}  // namespace

std::string Model::summary_text(int width) {
  std::string text = fmt::format("Model: \"{}\"\n", name());
  text += table(functional::summary_rows(*network_), width);

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
