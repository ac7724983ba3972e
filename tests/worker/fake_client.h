#pragma once

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "ps/client/client.h"

namespace shoal::worker {

// A client without servers: slices of `slice_elements`, kept in memory. A push adds -1 times the gradient to what is
// kept; whether and when its answer comes is the test's choice.
class FakeClient : public ps::Client {
 public:
  explicit FakeClient(std::size_t slice_elements = 32) : slice_elements_(slice_elements) {}

  const std::string& protocol(std::size_t) const override {
    static const std::string none = "nothing";
    return none;
  }
  void open_table(const TableSpec& spec) override {
    for (std::size_t v = 0; v < spec.variable_sizes.size(); ++v)
      for (std::size_t at = 0; at < spec.variable_sizes[v]; at += slice_elements_)
        slices_.push_back({static_cast<int>(v), at, std::min(slice_elements_, spec.variable_sizes[v] - at), 0});
    for (const auto& slice : slices_) values_.emplace_back(slice.size);
  }
  void share_table(std::uint64_t, const Share&) override { raise<PeerError>("server 0 has no shared memory"); }
  const std::vector<ps::Slice>& slices(std::uint64_t) const override { return slices_; }

  struct Push {
    std::int64_t step, iteration;
    double learning_rate;
    std::vector<PushPull> parts;
    std::function<void()> done;
    std::vector<std::vector<float>> gradients;  // by part, as they were when they left
  };
  void push_pull(std::uint64_t, std::int64_t step, double learning_rate, std::int64_t iteration,
                 std::span<const PushPull> parts, std::function<void()> done) override {
    check();
    Push push{step, iteration, learning_rate, {parts.begin(), parts.end()}, std::move(done), {}};
    for (const auto& part : parts) {
      const auto* values = static_cast<const float*>(part.gradient);
      push.gradients.emplace_back(values, values + slices_[static_cast<std::size_t>(part.slice)].size);
    }
    pushes.push_back(push);
    if (on_push) on_push(push);
    if (answer_at_once) answer(push);
  }
  void answer(const Push& push) {
    for (std::size_t p = 0; p < push.parts.size(); ++p) {
      auto& kept = values_[static_cast<std::size_t>(push.parts[p].slice)];
      for (std::size_t i = 0; i < kept.size(); ++i) kept[i] -= push.gradients[p][i];
      std::memcpy(push.parts[p].weights, kept.data(), kept.size() * sizeof(float));
    }
    push.done();
  }
  std::vector<int> variables(const Push& push) const {
    std::vector<int> result;
    for (const auto& part : push.parts)
      if (const int v = slices_[static_cast<std::size_t>(part.slice)].variable; result.empty() || result.back() != v)
        result.push_back(v);
    return result;
  }

  void push(std::uint64_t, std::int64_t, double, std::int64_t, std::span<const ps::Client::Push>,
            std::function<void()>) override {
    std::abort();
  }
  void pull(std::uint64_t, std::int64_t, std::span<const Pull>, std::function<void()>) override { std::abort(); }
  void push_norms(std::uint64_t, std::int64_t, std::span<const PushNorms>, std::function<void()>) override {
    std::abort();
  }
  void apply(std::uint64_t, std::int64_t, double, std::int64_t, std::span<const Apply>,
             std::function<void()>) override {
    std::abort();
  }
  void check() override {
    if (lost) raise<PeerError>("server 0 was lost");
  }
  void read(std::uint64_t, int slice, int, void* out) override {
    const auto& kept = values_[static_cast<std::size_t>(slice)];
    std::memcpy(out, kept.data(), kept.size() * sizeof(float));
  }
  void write(std::uint64_t, int slice, int, const void* values) override {
    auto& kept = values_[static_cast<std::size_t>(slice)];
    std::memcpy(kept.data(), values, kept.size() * sizeof(float));
  }
  void barrier() override {}
  void sum(std::span<double>) override {}
  std::string broadcast(const std::string& text) override { return text; }
  std::vector<std::string> gather(const std::string& mine) override { return {mine}; }
  void finish() override {}

  std::vector<Push> pushes;
  std::function<void(const Push&)> on_push;
  bool answer_at_once = true;
  std::atomic<bool> lost{false};

 private:
  const std::size_t slice_elements_;
  std::vector<ps::Slice> slices_;
  std::vector<std::vector<float>> values_;
};

}  // namespace shoal::worker
