#pragma once

#include <cstdint>

namespace shoal::kernels {

// Of one row and head: key step j counts for query step i where seen[i * query + j * key]. An unseen score is -1e9, or
// loses 1e9 when `adds`. A query that sees nothing then weighs all alike, or, when `drops`, nothing.
struct AttentionMask {
  const bool* seen = nullptr;  // null: everything is seen
  std::int64_t query = 0, key = 0;
  bool adds = false, drops = false;
};

// weights[queries, keys] = softmax over keys of scale * query[queries, size] key[keys, size]^T; scale > 0. Lines of
// query and key lie ld_... elements apart.
template <class T>
struct AttentionWeights {
  std::int64_t queries = 0, keys = 0, size = 0;
  const T* query = nullptr;
  std::int64_t ld_query = 0;
  const T* key = nullptr;
  std::int64_t ld_key = 0;
  T scale = T(1);
  AttentionMask mask;
  T* weights = nullptr;
  void* scratch = nullptr;  // attention_scratch() bytes, 64-byte aligned
};

// dscores[queries, keys] = scale * weights * (dweights - sum over keys of weights * dweights), and 0 for a score that
// a mask replaced: what multiplied with the keys gives the gradient of the queries. dweights is given, or else it is
// dvalues[queries, size] value[keys, size]^T.
template <class T>
struct AttentionGradient {
  std::int64_t queries = 0, keys = 0, size = 0;
  const T* weights = nullptr;
  const T* dweights = nullptr;
  const T* dvalues = nullptr;
  std::int64_t ld_dvalues = 0;
  const T* value = nullptr;
  std::int64_t ld_value = 0;
  T scale = T(1);
  AttentionMask mask;
  T* dscores = nullptr;
  void* scratch = nullptr;
};

}  // namespace shoal::kernels
