#include "model/train/feed.h"

#include <cstring>
#include <type_traits>

#include "model/plan/thread_pool.h"

namespace shoal::train {
namespace {

// Fewer bytes of a batch are not worth waking a thread for.
constexpr std::size_t kWorthAThread = 64 * 1024;

template <class From, class To>
void convert(const void* source, std::int64_t begin, std::int64_t count, void* out, std::int64_t at) {
  const From* from = static_cast<const From*>(source) + begin;
  To* to = static_cast<To*>(out) + at;
  if constexpr (std::is_same_v<From, To>) {
    std::memcpy(to, from, static_cast<std::size_t>(count) * sizeof(To));
  } else {
    for (std::int64_t i = 0; i < count; ++i) to[i] = static_cast<To>(from[i]);
  }
}

}  // namespace

Feed::Feed(const Tensor& source, DType dtype, std::int64_t max_rows)
    : source_(source), row_elements_(source.shape().elements() / source.rows()), dtype_(dtype) {
  source_.raw();
  visit_dtype(source.dtype(), [&](auto* from) {
    visit_dtype(dtype, [&](auto* to) {
      convert_ = convert<std::remove_pointer_t<decltype(from)>, std::remove_pointer_t<decltype(to)>>;
    });
  });
  buffer_ = allocate_values(static_cast<std::size_t>(max_rows * row_elements_) * size_of(dtype));
}

const void* Feed::gather(const std::int64_t* rows, std::int64_t count) {
  const void* source = source_.raw();
  const auto bytes = static_cast<std::size_t>(count * row_elements_) * size_of(dtype_);
  const std::int64_t tasks = bytes < kWorthAThread ? 1 : plan::ThreadPool::global().threads();
  const auto task = [&](std::size_t number, int) {
    const auto t = static_cast<std::int64_t>(number);
    for (std::int64_t i = t * count / tasks; i < (t + 1) * count / tasks; ++i)
      convert_(source, rows[i] * row_elements_, row_elements_, buffer_.get(), i * row_elements_);
  };
  plan::ThreadPool::global().run(static_cast<std::size_t>(tasks), task);
  return buffer_.get();
}

const void* Feed::range(std::int64_t begin, std::int64_t count) {
  convert_(source_.raw(), begin * row_elements_, count * row_elements_, buffer_.get(), 0);
  return buffer_.get();
}

Feeds::Feeds(const std::vector<Tensor>& sources, const std::vector<Signature::Part>& parts, std::int64_t max_rows)
    : values_(sources.size()) {
  for (std::size_t i = 0; i < sources.size(); ++i)
    if (sources[i].defined()) {
      feeds_.emplace_back(sources[i], parts[i].dtype, max_rows);
      places_.push_back(i);
    }
}

std::span<const void* const> Feeds::gather(const std::int64_t* rows, std::int64_t count) {
  for (std::size_t i = 0; i < feeds_.size(); ++i) values_[places_[i]] = feeds_[i].gather(rows, count);
  return values_;
}

std::span<const void* const> Feeds::range(std::int64_t begin, std::int64_t count) {
  for (std::size_t i = 0; i < feeds_.size(); ++i) values_[places_[i]] = feeds_[i].range(begin, count);
  return values_;
}

std::optional<Feeds> whole_feeds(const StepProgram& program, std::vector<Tensor> x,
                                 const std::vector<Signature::Part>& parts, std::int64_t max_rows) {
  const std::vector<bool> wanted = program.whole_inputs();
  if (wanted.empty()) return {};
  for (std::size_t i = 0; i < x.size(); ++i)
    if (!wanted[i]) x[i] = Tensor();
  return Feeds(x, parts, max_rows);
}

}  // namespace shoal::train
