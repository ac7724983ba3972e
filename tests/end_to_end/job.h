#pragma once

#include <string>

// What the end-to-end programs train: a small network on synthetic data, and a report of every bit that came out.
struct JobOptions {
  std::string model = "mlp";       // a family of tests/end_to_end/families.h
  std::string scenario = "train";  // train, two_fits, two_models, set_weights, throw
  int samples = 200, batch = 20, epochs = 2;
  std::string optimizer = "adam";
  double clipnorm = 0, global_clipnorm = 0;  // 0: none
  double dropout = 0;
  std::string checkpoint;  // a directory; empty: none
  int every = 0;           // batches between checkpoints
  int kill_at = -1;        // every worker kills itself (SIGKILL) after so many batches
  int pause = 0;           // milliseconds of sleep in every batch
  bool resume = false;
  bool eagerly = false;
  std::string out;      // the chief's report; empty: none
  std::string running;  // the chief makes this file after its first batch; empty: none
  int rank = 0;
};

// On every worker. The report has one line per array: a name, then its values as exact hexadecimal numbers.
void run_job(const JobOptions& options);

// 0 when two reports have the same arrays within `tolerance` of each array's maximum; 0 asks for equal bits.
int compare_reports(const std::string& a, const std::string& b, double tolerance);
