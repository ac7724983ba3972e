#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "model/graph/operation.h"

namespace shoal::plan {

// One invocation of a kernel: all rows of its operation, or a block of them.
struct Call {
  static constexpr std::size_t kMostInputs = 8;
  std::array<const void*, kMostInputs> in{};  // at the block's first row where the operand has rows
  void* out = nullptr;
  std::int64_t rows = 0;       // of the batch, in this call; what symbolic shapes are multiplied with
  std::int64_t first_row = 0;  // of this call within this process's part of the batch
  std::int64_t piece = 0;      // of a kernel that is split by outputs
  void* piece_out = nullptr;   // if not null: where this piece goes, contiguous, instead of its place in `out`
  void* scratch = nullptr;
};

// What a kernel is chosen for.
struct Signature {
  const graph::Operation* operation = nullptr;
  const graph::Attributes* attributes = nullptr;
  std::vector<Shape> inputs;
  std::vector<DType> dtypes;
  Shape output;
  DType dtype = DType::kFloat32;
  bool accumulate = false;  // add to the output (sums over rows, block by block) instead of overwriting it
  bool split = false;       // a product over all rows in pieces of its outputs
};

// An operation ready to run on shapes known but for the rows. Plain function, parameters made once.
struct Kernel {
  void (*run)(const void* params, const Call& call) = nullptr;
  std::shared_ptr<const void> params;
  std::int64_t pieces = 1;
  std::int64_t piece_elements = 0;  // where a piece is so many outputs in a row (the last one less); 0: it is not
  std::size_t (*scratch)(const void* params, std::int64_t rows) = nullptr;  // bytes for so many rows; null: none

  std::size_t scratch_bytes(std::int64_t rows) const { return scratch ? scratch(params.get(), rows) : 0; }
};

// Throws ValueError naming the operation and the dtype when there is no kernel.
Kernel bind(const Signature& signature);

using Binder = Kernel (*)(const Signature& signature);

namespace binders {  // null when the operation is not of this family
Binder elementwise(std::string_view operation);
Binder shapes(std::string_view operation);
Binder reductions(std::string_view operation);
Binder normalization(std::string_view operation);
Binder products(std::string_view operation);
Binder batch_products(std::string_view operation);
Binder attention(std::string_view operation);
Binder windows(std::string_view operation);
Binder winograd(std::string_view operation);
Binder sparse_windows(std::string_view operation);
Binder pools(std::string_view operation);
Binder losses(std::string_view operation);
Binder random(std::string_view operation);
Binder gather(std::string_view operation);
Binder recurrent(std::string_view operation);
}  // namespace binders

[[noreturn]] void no_kernel(const Signature& signature);

template <class Params>
Kernel make_kernel(void (*run)(const void*, const Call&), Params params) {
  return {run, std::make_shared<const Params>(std::move(params)), 1, 0, nullptr};
}

// Calls visit with a null pointer of the floating type, or refuses.
template <class Visitor>
Kernel visit_floating(const Signature& signature, Visitor&& visit) {
  const DType dtype = signature.dtypes.empty() ? signature.dtype : signature.dtypes[0];
  if (dtype == DType::kFloat32) return visit(static_cast<float*>(nullptr));
  if (dtype == DType::kFloat64) return visit(static_cast<double*>(nullptr));
  no_kernel(signature);
}

template <class T>
const T* input(const Call& call, std::size_t index) {
  return static_cast<const T*>(call.in[index]);
}
template <class T>
T* output(const Call& call) {
  return static_cast<T*>(call.out);
}

}  // namespace shoal::plan
