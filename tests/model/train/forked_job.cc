#include "tests/model/train/forked_job.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

#include "model/plan/thread_pool.h"
#include "model/train/local_updater.h"
#include "model/train/run_context.h"

namespace shoal::testing {
namespace {

void write_all(int fd, const void* data, std::size_t size) {
  for (const char* at = static_cast<const char*>(data); size > 0;) {
    const ssize_t n = write(fd, at, size);
    if (n <= 0) _exit(3);  // the other side is gone
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

void read_all(int fd, void* data, std::size_t size) {
  for (char* at = static_cast<char*>(data); size > 0;) {
    const ssize_t n = read(fd, at, size);
    if (n <= 0) _exit(3);
    at += n;
    size -= static_cast<std::size_t>(n);
  }
}

void send_text(int fd, const std::string& text) {
  const std::uint64_t size = text.size();
  write_all(fd, &size, sizeof size);
  write_all(fd, text.data(), text.size());
}

std::string receive_text(int fd) {
  std::uint64_t size = 0;
  read_all(fd, &size, sizeof size);
  std::string text(size, '\0');
  read_all(fd, text.data(), size);
  return text;
}

// The chief holds a socket to each other worker, those hold one to the chief.
class PipeContext : public train::RunContext {
 public:
  PipeContext(int rank, int workers, std::vector<int> sockets)
      : rank_(rank), workers_(workers), sockets_(std::move(sockets)) {}

  int rank() const override { return rank_; }
  int workers() const override { return workers_; }
  int threads() const override { return 1; }
  ArenaAllocator arena_allocator() override { return heap_arena; }
  std::unique_ptr<train::ParameterUpdater> make_updater(const ParameterSpace& space,
                                                        const nlohmann::json& rule) override;
  void barrier() override {
    gather("");
    broadcast("");
  }

  void sum(std::span<double> values) override {
    const std::size_t bytes = values.size() * sizeof(double);
    const auto all = gather(std::string(reinterpret_cast<const char*>(values.data()), bytes));
    std::vector<double> total(values.size()), other(values.size());
    for (const std::string& text : all) {
      if (text.size() != bytes) _exit(4);  // the workers do not make the same calls
      std::memcpy(other.data(), text.data(), bytes);
      for (std::size_t i = 0; i < total.size(); ++i) total[i] += other[i];
    }
    const std::string result = broadcast(std::string(reinterpret_cast<const char*>(total.data()), bytes));
    std::memcpy(values.data(), result.data(), bytes);
  }

  std::string broadcast(const std::string& from_chief) override {
    if (rank_ != 0) return receive_text(sockets_[0]);
    for (const int fd : sockets_) send_text(fd, from_chief);
    return from_chief;
  }

  std::vector<std::string> gather(const std::string& mine) override {
    if (rank_ != 0) {
      send_text(sockets_[0], mine);
      return {};
    }
    std::vector<std::string> result{mine};
    for (const int fd : sockets_) result.push_back(receive_text(fd));
    return result;
  }

  void set_activity(const char*, std::int64_t) override {}

 private:
  int rank_, workers_;
  std::vector<int> sockets_;
};

// Sums the gradients of a step at its end, then applies them as one process does.
class SummingUpdater : public train::ParameterUpdater {
 public:
  SummingUpdater(train::RunContext& context, const ParameterSpace& space, const nlohmann::json& rule)
      : context_(context),
        space_(space),
        local_(train::make_local_updater(space, rule)),
        slots_(optim::make_rule(rule)->slots()) {}

  void begin_step(const optim::Step& step) override { local_->begin_step(step); }
  void before_forward(int) override {}
  void before_gradient_write(int) override {}
  void gradient_ready(int variable) override { ready_.push_back(variable); }

  void step_done() override {
    if (ready_.size() != space_.entries().size()) throw std::runtime_error("a gradient was not announced");
    for (const auto& entry : space_.entries()) exchange(entry.variable, entry.variable.gradient());
    for (const int variable : ready_) local_->gradient_ready(variable);
    ready_.clear();
    local_->step_done();
  }

  void all_current() override {}
  void read_slot(int variable, int slot, void* out) override { local_->read_slot(variable, slot, out); }
  void write_slot(int variable, int slot, const void* values) override { local_->write_slot(variable, slot, values); }

  // The chief restores optimizer state for all, so it is published with the weights.
  void publish_weights() override {
    for (std::size_t i = 0; i < space_.entries().size(); ++i) {
      const Variable& variable = space_.entries()[i].variable;
      take_chiefs(variable.data(), variable.bytes());
      std::vector<char> slot(variable.bytes());
      for (int s = 0; s < slots_; ++s) {
        local_->read_slot(static_cast<int>(i), s, slot.data());
        take_chiefs(slot.data(), slot.size());
        local_->write_slot(static_cast<int>(i), s, slot.data());
      }
    }
  }

 private:
  void take_chiefs(void* data, std::size_t bytes) {
    const std::string text = context_.broadcast(std::string(static_cast<const char*>(data), bytes));
    std::memcpy(data, text.data(), bytes);
  }

  void exchange(const Variable& variable, void* gradient) {
    visit_dtype(variable.dtype(), [&](auto* type) {
      auto* values = static_cast<decltype(type)>(gradient);
      std::vector<double> sums(values, values + variable.size());
      context_.sum(sums);
      for (std::size_t i = 0; i < sums.size(); ++i)
        values[i] = static_cast<std::remove_pointer_t<decltype(type)>>(sums[i]);
    });
  }

  train::RunContext& context_;
  const ParameterSpace& space_;
  std::unique_ptr<train::ParameterUpdater> local_;
  const int slots_;
  std::vector<int> ready_;
};

std::unique_ptr<train::ParameterUpdater> PipeContext::make_updater(const ParameterSpace& space,
                                                                   const nlohmann::json& rule) {
  return std::make_unique<SummingUpdater>(*this, space, rule);
}

[[noreturn]] void be_worker(int rank, int workers, std::vector<int> sockets, int result,
                            const std::function<std::string(int)>& worker) {
  std::string text;
  train::set_run_context(std::make_unique<PipeContext>(rank, workers, std::move(sockets)));
  try {
    text = worker(rank);
  } catch (const std::exception& error) {
    text = error.what();
    text.insert(text.begin(), '!');
  }
  send_text(result, text);
  _exit(0);
}

std::string result_of(int fd, pid_t child) {
  pollfd ready{fd, POLLIN, 0};
  const bool there = poll(&ready, 1, 120000) == 1;
  std::uint64_t size = 0;
  std::string text = there ? "!died" : "!hung";
  if (there && read(fd, &size, sizeof size) == sizeof size) {
    text.resize(size);
    read_all(fd, text.data(), size);
  }
  close(fd);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  return text;
}

}  // namespace

std::vector<std::string> run_forked(int workers, const std::function<std::string(int rank)>& worker) {
  plan::ThreadPool::global().resize(1);  // a forked process has no other threads
  std::vector<int> at_chief, at_worker{-1};
  for (int rank = 1; rank < workers; ++rank) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) throw std::runtime_error("socketpair");
    at_chief.push_back(pair[0]);
    at_worker.push_back(pair[1]);
  }
  std::vector<int> results;
  std::vector<pid_t> children;
  for (int rank = 0; rank < workers; ++rank) {
    int pair[2];
    if (pipe(pair) != 0) throw std::runtime_error("pipe");
    const pid_t child = fork();
    if (child == 0) {
      for (int other = 1; other < workers; ++other) {
        if (rank != 0) close(at_chief[static_cast<std::size_t>(other - 1)]);
        if (rank != other) close(at_worker[static_cast<std::size_t>(other)]);
      }
      be_worker(rank, workers, rank == 0 ? at_chief : std::vector<int>{at_worker[static_cast<std::size_t>(rank)]},
                pair[1], worker);
    }
    close(pair[1]);
    results.push_back(pair[0]);
    children.push_back(child);
  }
  for (int rank = 1; rank < workers; ++rank) {
    close(at_chief[static_cast<std::size_t>(rank - 1)]);
    close(at_worker[static_cast<std::size_t>(rank)]);
  }
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < results.size(); ++i) texts.push_back(result_of(results[i], children[i]));
  return texts;
}

}  // namespace shoal::testing
