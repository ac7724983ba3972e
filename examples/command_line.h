#pragma once

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "shoal.h"

// The options that the examples share, each with its field: CLI11_PARSE(line, argc, argv) fills them.
struct CommandLine : CLI::App {
  static constexpr int kMost = 1'000'000'000;
  const CLI::Range kPositive{1, kMost};

  int epochs;
  std::int64_t batch_size, rows = 0;
  std::uint64_t seed = 1;
  std::string checkpoints;

  CommandLine(const std::string& what, int epochs_by_default, std::int64_t batch_by_default)
      : App(what), epochs(epochs_by_default), batch_size(batch_by_default) {
    add_option("--epochs", epochs, "Passes over the training data")->check(kPositive)->capture_default_str();
    add_option("--batch-size", batch_size, "Rows a step, over all workers")->check(kPositive)->capture_default_str();
    add_option("--rows", rows, "Train and test on so many rows, taken evenly; 0: all")
        ->check(CLI::Range(0, kMost))
        ->capture_default_str();
    add_option("--seed", seed, "Of weights and order")->capture_default_str();
    add_option("--checkpoints", checkpoints, "Directory; with --resume the run goes on from its newest checkpoint");
  }

  shoal::FitOptions fit_options(const shoal::Runtime& runtime) const {
    return {.epochs = epochs,
            .batch_size = batch_size,
            .checkpoint = shoal::CheckpointOptions{.directory = checkpoints},
            .resume = runtime.resume()};
  }

  // How many of `all` rows are taken, and which one is the i-th.
  std::int64_t count(std::int64_t all) const { return rows == 0 ? all : std::min(rows, all); }
  std::int64_t place(std::int64_t i, std::int64_t all) const { return i * all / count(all); }

  shoal::Tensor part(const shoal::Tensor& x) const {
    const std::int64_t n = count(x.rows());
    if (n == x.rows()) return x;
    std::vector<std::int64_t> dims = x.shape().dims();
    dims[0] = n;
    shoal::Tensor taken(shoal::Shape(dims), x.dtype());
    const std::size_t row = taken.bytes() / static_cast<std::size_t>(n);
    const auto* from = static_cast<const char*>(x.raw());
    auto* to = static_cast<char*>(taken.mutable_raw());
    for (std::int64_t i = 0; i < n; ++i)
      std::memcpy(to + static_cast<std::size_t>(i) * row, from + static_cast<std::size_t>(place(i, x.rows())) * row,
                  row);
    return taken;
  }

  shoal::Dataset part(const shoal::Dataset& data) const { return {part(data.x), part(data.y)}; }

  shoal::datasets::TextDataset part(const shoal::datasets::TextDataset& data) const {
    const auto all = static_cast<std::int64_t>(data.texts.size());
    shoal::datasets::TextDataset taken{{}, part(data.y)};
    for (std::int64_t i = 0; i < count(all); ++i)
      taken.texts.push_back(data.texts[static_cast<std::size_t>(place(i, all))]);
    return taken;
  }
};
