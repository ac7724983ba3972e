#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "model/tensor/tensor.h"
#include "model/train/step_program.h"

namespace shoal::train {

// Copies rows of a data set into one buffer, converted to the dtype that a program takes. Allocates only when made.
class Feed {
 public:
  Feed(const Tensor& source, DType dtype, std::int64_t max_rows);

  const void* gather(const std::int64_t* rows, std::int64_t count);
  const void* range(std::int64_t begin, std::int64_t count);

 private:
  using Convert = void (*)(const void* source, std::int64_t begin, std::int64_t count, void* out, std::int64_t at);
  Tensor source_;
  std::int64_t row_elements_;
  DType dtype_;
  Convert convert_;
  std::shared_ptr<void> buffer_;
};

// The feeds of a model's inputs, or of its targets; an undefined tensor gives null.
class Feeds {
 public:
  Feeds(const std::vector<Tensor>& sources, const std::vector<Signature::Part>& parts, std::int64_t max_rows);

  std::span<const void* const> gather(const std::int64_t* rows, std::int64_t count);
  std::span<const void* const> range(std::int64_t begin, std::int64_t count);

 private:
  std::vector<Feed> feeds_;
  std::vector<std::size_t> places_;  // of each feed among the sources
  std::vector<const void*> values_;
};

// Feeds of what the program must know of whole batches; nothing when it needs none.
std::optional<Feeds> whole_feeds(const StepProgram& program, std::vector<Tensor> x,
                                 const std::vector<Signature::Part>& parts, std::int64_t max_rows);

}  // namespace shoal::train
