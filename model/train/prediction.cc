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

// Room for what an output gives for all rows, once the first batch has shown its shape.
Tensor room_for(const Model& model, const train::StepProgram& program, std::size_t output, std::int64_t batch_rows,
                std::int64_t rows) {
  const Shape shape = program.prediction_shape(output);
  if (shape.rank() == 0 || shape[0] != batch_rows)
    raise("predict: model '{}' must give one row per row of its input, it gave shape {} for {} rows", model.name(),
          shape.to_string(), batch_rows);
  std::vector<std::int64_t> dims = shape.dims();
  dims[0] = rows;
  return Tensor(Shape(std::move(dims)), program.prediction_dtype(output));
}

std::span<char> bytes_of(Tensor& tensor) { return {static_cast<char*>(tensor.mutable_raw()), tensor.bytes()}; }

}  // namespace

Tensor Model::predict(const Several<Tensor>& x, const PredictOptions& options) {
  if (const std::size_t outputs = output_names().size(); outputs != 1)
    raise("predict: model '{}' has {} outputs, which predict_all gives", name(), outputs);
  return predict_all(x, options).at(0);
}

std::vector<Tensor> Model::predict_all(const Several<Tensor>& x, const PredictOptions& options) {
  train::check_batch_size("predict", options.batch_size);
  train::Samples samples = train::read_samples(*this, "predict", x);
  train::fit_inputs(*this, "predict", samples);
  const std::int64_t total = samples.rows();
  const train::Signature signature = train::signature_of(*this, train::StepKind::kPredict, samples);
  train::Feeds feeds(samples.x, signature.x, std::min(options.batch_size, total));
  train::StepProgram& program = train::program_for(*this, signature);
  train::make_weights_common(*this);
  if (state_->updater) state_->updater->all_current();

  train::RunContext& context = train::run_context();
  const train::Share share = train::share_of(total, context.rank(), context.workers());
  viz::ProgressBar bar(train::batches_of(share.rows(), options.batch_size), options.verbose);
  std::vector<Tensor> results;
  // A worker without rows of its own still runs one row, to learn the shapes of the results.
  const std::int64_t end = std::max(share.end, std::min(share.begin + 1, total)),
                     begin = std::min(share.begin, end - 1);
  std::int64_t batch = 0;
  for (std::int64_t at = begin; at < end; at += options.batch_size) {
    const std::int64_t rows = std::min(options.batch_size, end - at);
    context.set_activity("prediction batch", batch);
    program.run({feeds.range(at, rows), {}, rows, at, rows, 0}, {}, nullptr);
    for (std::size_t i = 0; i < program.predictions(); ++i) {
      if (i == results.size()) results.push_back(room_for(*this, program, i, rows, total));
      const std::size_t row_bytes = results[i].bytes() / static_cast<std::size_t>(total);
      if (share.rows() > 0)
        std::memcpy(bytes_of(results[i]).data() + static_cast<std::size_t>(at) * row_bytes, program.prediction(i),
                    static_cast<std::size_t>(rows) * row_bytes);
    }
    bar.update(++batch, {});
  }
  bar.finish({});
  for (Tensor& result : results) exchange(bytes_of(result), result.bytes() / static_cast<std::size_t>(total), total);
  return results;
}

}  // namespace shoal
