#include "model/kernels/strided.h"
#include "model/kernels/table.h"
#include "model/plan/kernel.h"

namespace shoal::plan {
namespace {

using namespace kernels;

struct Params {
  Extent rows;
  std::int64_t heads = 0, queries = 0, keys = 0, size = 0;
  double scale = 1;
  AttentionMask mask;  // `seen` is filled in
  std::int64_t mask_row = 0, mask_head = 0;
  int mask_input = -1;
};

Params params_of(const Signature& s, std::size_t plain_inputs) {
  const auto& how = std::get<graph::AttentionAttributes>(*s.attributes);
  Params p;
  p.rows = extent_of_axis(s.output[0]);
  p.heads = s.output[1];
  p.queries = s.output[2];
  p.keys = s.output[3];
  p.scale = how.scale;
  p.mask.adds = how.adds;
  p.mask.drops = how.drops;
  if (s.inputs.size() > plain_inputs) {
    p.mask_input = static_cast<int>(plain_inputs);
    const Shape& mask = s.inputs[plain_inputs];
    const std::vector<std::int64_t> strides = strides_of(mask);
    const auto stride = [&](int axis) { return mask[axis] == 1 ? 0 : strides[static_cast<std::size_t>(axis)]; };
    p.mask_row = stride(0);
    p.mask_head = stride(1);
    p.mask.query = stride(2);
    p.mask.key = stride(3);
  }
  return p;
}

// visit(row, head, mask of the pair)
template <class Visit>
void for_heads(const Params& p, const Call& call, Visit visit) {
  if (p.queries == 0) return;
  const std::int64_t rows = p.rows.at(call.rows);
  AttentionMask mask = p.mask;
  for (std::int64_t row = 0; row < rows; ++row) {
    for (std::int64_t head = 0; head < p.heads; ++head) {
      if (p.mask_input >= 0)
        mask.seen = input<bool>(call, static_cast<std::size_t>(p.mask_input)) + row * p.mask_row + head * p.mask_head;
      visit(row, head, mask);
    }
  }
}

// Where the matrix of a row and head begins in (rows, steps, heads, size).
template <class T>
const T* matrix(const T* all, const Params& p, std::int64_t steps, std::int64_t row, std::int64_t head) {
  return all + (row * steps * p.heads + head) * p.size;
}

template <class T>
void weights(const void* raw, const Call& call) {
  const auto& p = *static_cast<const Params*>(raw);
  AttentionWeights<T> args;
  args.queries = p.queries;
  args.keys = p.keys;
  args.size = p.size;
  args.scale = static_cast<T>(p.scale);
  args.ld_query = args.ld_key = p.heads * p.size;
  args.scratch = call.scratch;
  for_heads(p, call, [&](std::int64_t row, std::int64_t head, const AttentionMask& mask) {
    args.query = matrix(input<T>(call, 0), p, p.queries, row, head);
    args.key = matrix(input<T>(call, 1), p, p.keys, row, head);
    args.mask = mask;
    args.weights = output<T>(call) + (row * p.heads + head) * p.queries * p.keys;
    table<T>().attention_weights(args);
  });
}

// (weights, dweights), or with kProduct (weights, dvalues, value)
template <class T, bool kProduct>
void gradient(const void* raw, const Call& call) {
  const auto& p = *static_cast<const Params*>(raw);
  AttentionGradient<T> args;
  args.queries = p.queries;
  args.keys = p.keys;
  args.size = p.size;
  args.scale = static_cast<T>(p.scale);
  args.ld_dvalues = args.ld_value = p.heads * p.size;
  args.scratch = call.scratch;
  for_heads(p, call, [&](std::int64_t row, std::int64_t head, const AttentionMask& mask) {
    const std::int64_t place = (row * p.heads + head) * p.queries * p.keys;
    args.weights = input<T>(call, 0) + place;
    args.mask = mask;
    args.dscores = output<T>(call) + place;
    if (kProduct) {
      args.dvalues = matrix(input<T>(call, 1), p, p.queries, row, head);
      args.value = matrix(input<T>(call, 2), p, p.keys, row, head);
    } else {
      args.dweights = input<T>(call, 1) + place;
    }
    table<T>().attention_gradient(args);
  });
}

template <class T>
std::size_t scratch_bytes(const void* raw, std::int64_t) {
  const auto& p = *static_cast<const Params*>(raw);
  return p.size == 0 ? 0 : table<T>().attention_scratch(p.queries, p.keys, p.size);
}

Kernel bind_weights(const Signature& s) {
  Params p = params_of(s, 2);
  p.size = s.inputs[0][3];
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    Kernel kernel = make_kernel(weights<T>, p);
    kernel.scratch = scratch_bytes<T>;
    return kernel;
  });
}

Kernel bind_gradient(const Signature& s) {
  const Params p = params_of(s, 2);
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(gradient<T, false>, p);
  });
}

Kernel bind_fused_gradient(const Signature& s) {
  Params p = params_of(s, 3);
  p.size = s.inputs[1][3];
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    Kernel kernel = make_kernel(gradient<T, true>, p);
    kernel.scratch = scratch_bytes<T>;
    return kernel;
  });
}

}  // namespace

Binder binders::attention(std::string_view operation) {
  if (operation == "attention_weights") return bind_weights;
  if (operation == "attention_gradient") return bind_gradient;
  if (operation == "fused_attention_gradient") return bind_fused_gradient;
  return nullptr;
}

}  // namespace shoal::plan
