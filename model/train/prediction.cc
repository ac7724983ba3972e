#include <algorithm>
#include <cstring>

#include "common/base/error.h"
#include "model/train/checks.h"
#include "model/train/feed.h"
#include "model/train/run_context.h"
#include "model/train/shares.h"
#include "model/train/state.h"
#include "model/viz/progress_bar.h"

namespace shoal {
namespace {

constexpr std::size_t kChunk = 48 * 1024;  // bytes that travel in one message

// Every worker holds its share of `values` and gets the others'.
void exchange(std::span<char> values, std::size_t row_bytes, std::int64_t rows) {
  train::RunContext& context = train::run_context();
  const int workers = context.workers();
  if (workers == 1) return;
  const auto offset_of = [&](int rank) {
    return static_cast<std::size_t>(train::share_of(rows, rank, workers).begin) * row_bytes;
  };
  const auto size_of_share = [&](int rank) {
    return static_cast<std::size_t>(train::share_of(rows, rank, workers).rows()) * row_bytes;
  };
  std::size_t largest = 0;
  for (int rank = 0; rank < workers; ++rank) largest = std::max(largest, size_of_share(rank));
  const auto piece = [&](int rank, std::size_t at) {
    const std::size_t size = size_of_share(rank), begin = std::min(at, size);
    return values.subspan(offset_of(rank) + begin, std::min(kChunk, size - begin));
  };
  for (std::size_t at = 0; at < largest; at += kChunk) {
    const auto mine = piece(context.rank(), at);
    const auto all = context.gather(std::string(mine.begin(), mine.end()));
    for (std::size_t rank = 0; rank < all.size(); ++rank) {
      const auto place = piece(static_cast<int>(rank), at);
      if (all[rank].size() != place.size())
        raise<PeerError>("predict: worker {} sent {} bytes, expected {}", rank, all[rank].size(), place.size());
      std::ranges::copy(all[rank], place.begin());
    }
  }
  for (std::size_t at = 0; at < values.size(); at += kChunk) {
    const auto place = values.subspan(at, std::min(kChunk, values.size() - at));
    const std::string bytes =
        context.broadcast(context.is_chief() ? std::string(place.begin(), place.end()) : std::string());
    if (bytes.size() != place.size())
      raise<PeerError>("predict: the chief sent {} bytes, expected {}", bytes.size(), place.size());
    std::ranges::copy(bytes, place.begin());
  }
}

}  // namespace

Tensor Model::predict(const Tensor& x, const PredictOptions& options) {
  train::check_batch_size("predict", options.batch_size);
  train::check_input(*this, "predict", x);
  const DType dtype = train::dtype_of_model(*this);
  train::Feed feed(x, dtype, std::min(options.batch_size, x.rows()));
  const train::Signature signature{train::StepKind::kPredict, feed.shape(), Shape{}, dtype, dtype};
  train::StepProgram& program = train::program_for(*this, signature);
  train::make_weights_common(*this);
  if (state_->updater) state_->updater->all_current();

  train::RunContext& context = train::run_context();
  const train::Share share = train::share_of(x.rows(), context.rank(), context.workers());
  viz::ProgressBar bar(train::batches_of(share.rows(), options.batch_size), options.verbose);
  Tensor result;
  std::size_t row_bytes = 0;
  // A worker without rows of its own still runs one row, to learn the shape of the result.
  const std::int64_t end = std::max(share.end, std::min(share.begin + 1, x.rows())),
                     begin = std::min(share.begin, end - 1);
  std::int64_t batch = 0;
  for (std::int64_t at = begin; at < end; at += options.batch_size) {
    const std::int64_t rows = std::min(options.batch_size, end - at);
    context.set_activity("prediction batch", batch);
    program.run({feed.range(at, rows), nullptr, rows, at, rows, 0}, {}, nullptr);
    const Shape shape = program.prediction_shape();
    if (shape.rank() == 0 || shape[0] != rows)
      raise("predict: model '{}' must give one row per row of its input, it gave shape {} for {} rows", name_,
            shape.to_string(), rows);
    if (!result.defined()) {
      std::vector<std::int64_t> dims = shape.dims();
      dims[0] = x.rows();
      result = Tensor(Shape(std::move(dims)), program.prediction_dtype());
      row_bytes = result.bytes() / static_cast<std::size_t>(x.rows());
    }
    if (share.rows() > 0)
      std::memcpy(static_cast<char*>(result.mutable_raw()) + static_cast<std::size_t>(at) * row_bytes,
                  program.prediction(), static_cast<std::size_t>(rows) * row_bytes);
    bar.update(++batch, {});
  }
  bar.finish({});
  exchange({static_cast<char*>(result.mutable_raw()), result.bytes()}, row_bytes, x.rows());
  return result;
}

}  // namespace shoal
