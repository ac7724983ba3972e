#include "model/callbacks/csv_logger.h"

#include <fmt/core.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "common/base/error.h"

namespace shoal::callbacks {
namespace {

class CSVLoggerImpl : public Callback {
 public:
  CSVLoggerImpl(std::string filename, const CSVLoggerOptions& options)
      : filename_(std::move(filename)), options_(options) {}

  void on_train_begin() override {
    file_.close();
    columns_.clear();
    bytes_ = 0;
    resumed_ = false;
  }

  void on_epoch_end(int epoch, Logs& logs) override {
    if (!is_chief()) return;
    if (!file_.is_open()) open(logs);
    std::string line = std::to_string(epoch);
    for (const std::string& column : columns_) {
      const auto value = logs.find(column);
      line += options_.separator + (value == logs.end() ? "NA" : fmt::format("{}", value->second));
    }
    write(line + "\n");
  }

  void on_train_end(const Logs&) override { file_.close(); }

  nlohmann::json state() const override { return {{"columns", columns_}, {"bytes", bytes_}}; }

  void restore(const nlohmann::json& state) override {
    state.at("columns").get_to(columns_);
    state.at("bytes").get_to(bytes_);
    resumed_ = true;
  }

 private:
  // Lines written after the checkpoint that training goes on from come again: the file is cut back to it.
  void open(const Logs& logs) {
    std::error_code none;
    const bool exists = std::filesystem::exists(filename_, none) && std::filesystem::file_size(filename_, none) > 0;
    const bool go_on = resumed_ && bytes_ > 0 && exists && std::filesystem::file_size(filename_, none) >= bytes_;
    if (go_on) std::filesystem::resize_file(filename_, bytes_);
    const bool append = go_on || (options_.append && exists);
    file_.open(filename_, append ? std::ios::app : std::ios::trunc);
    if (!file_) raise<IoError>("CSVLogger: cannot write '{}'", filename_);
    bytes_ = append ? std::filesystem::file_size(filename_, none) : 0;
    if (go_on) return;
    for (const auto& [name, value] : logs) columns_.push_back(name);
    if (append) return;
    std::string header = "epoch";
    for (const std::string& column : columns_) header += options_.separator + column;
    write(header + "\n");
  }

  void write(const std::string& line) {
    file_ << line << std::flush;
    if (!file_) raise<IoError>("CSVLogger: cannot write '{}'", filename_);
    bytes_ += line.size();
  }

  std::string filename_;
  CSVLoggerOptions options_;
  std::ofstream file_;
  std::vector<std::string> columns_;
  std::uintmax_t bytes_ = 0;
  bool resumed_ = false;
};

}  // namespace

CallbackPtr CSVLogger(const std::string& filename, const CSVLoggerOptions& options) {
  return std::make_shared<CSVLoggerImpl>(filename, options);
}

}  // namespace shoal::callbacks
