#include <algorithm>
#include <cmath>

#include "model/kernels/attention_rows.h"
#include "model/kernels/portable.h"

namespace shoal::kernels::portable {
namespace {

// c[m, n] = a[m, k] b[n, k]^T
template <class T>
MatmulArgs<T> product(std::int64_t m, std::int64_t n, std::int64_t k) {
  MatmulArgs<T> args;
  args.m = m;
  args.n = n;
  args.k = k;
  args.lda = args.ldb = k;
  args.ldc = n;
  args.transpose_b = true;
  return args;
}

template <class T>
void multiply(MatmulArgs<T> args, const T* a, std::int64_t lda, const T* b, std::int64_t ldb, T* c, void* scratch) {
  args.a = a;
  args.lda = lda;
  args.b = b;
  args.ldb = ldb;
  args.c = c;
  args.scratch = scratch;
  matmul(args);
}

}  // namespace

template <class T>
void attention_weights(const AttentionWeights<T>& args) {
  multiply(product<T>(args.queries, args.keys, args.size), args.query, args.ld_query, args.key, args.ld_key,
           args.weights, args.scratch);
  for (std::int64_t i = 0; i < args.queries; ++i) {
    T* x = args.weights + i * args.keys;
    if (args.mask.seen) mask_scores(args.mask, i, args.keys, args.scale, x);
    const T largest = *std::max_element(x, x + args.keys);
    T sum = 0;
    for (std::int64_t j = 0; j < args.keys; ++j) sum += x[j] = std::exp(args.scale * (x[j] - largest));
    for (std::int64_t j = 0; j < args.keys; ++j) x[j] /= sum;
    if (args.mask.seen && args.mask.drops) drop_unseen(args.mask, i, args.keys, x);
  }
}

template <class T>
void attention_gradient(const AttentionGradient<T>& args) {
  if (!args.dweights)
    multiply(product<T>(args.queries, args.keys, args.size), args.dvalues, args.ld_dvalues, args.value, args.ld_value,
             args.dscores, args.scratch);
  for (std::int64_t i = 0; i < args.queries; ++i) {
    const T* weights = args.weights + i * args.keys;
    T* x = args.dscores + i * args.keys;
    const T* from = args.dweights ? args.dweights + i * args.keys : x;
    T sum = 0;
    for (std::int64_t j = 0; j < args.keys; ++j) sum += weights[j] * from[j];
    for (std::int64_t j = 0; j < args.keys; ++j) x[j] = args.scale * weights[j] * (from[j] - sum);
    if (args.mask.seen && !args.mask.adds) drop_unseen(args.mask, i, args.keys, x);
  }
}

template <class T>
std::size_t attention_scratch(std::int64_t queries, std::int64_t keys, std::int64_t size) {
  return matmul_scratch(product<T>(queries, keys, size));
}

template void attention_weights(const AttentionWeights<float>&);
template void attention_weights(const AttentionWeights<double>&);
template void attention_gradient(const AttentionGradient<float>&);
template void attention_gradient(const AttentionGradient<double>&);
template std::size_t attention_scratch<float>(std::int64_t, std::int64_t, std::int64_t);
template std::size_t attention_scratch<double>(std::int64_t, std::int64_t, std::int64_t);

}  // namespace shoal::kernels::portable
