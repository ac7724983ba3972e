#pragma once

#include <algorithm>

#include "model/kernels/attention.h"

// What masks do to rows of scores, for every level.
namespace shoal::kernels {

inline constexpr double kUnseenScore = -1e9;

template <class T, class Change>
inline void for_unseen(const AttentionMask& mask, std::int64_t row, std::int64_t keys, T* x, Change change) {
  const bool* seen = mask.seen + row * mask.query;
  if (mask.key == 0) {
    if (!*seen)
      for (std::int64_t j = 0; j < keys; ++j) x[j] = change(x[j]);
  } else {
    for (std::int64_t j = 0; j < keys; ++j) x[j] = seen[j] ? x[j] : change(x[j]);
  }
}

// Scores before they are scaled.
template <class T>
inline void mask_scores(const AttentionMask& mask, std::int64_t row, std::int64_t keys, T scale, T* x) {
  const T unseen = static_cast<T>(kUnseenScore) / scale;
  if (mask.adds) {
    for_unseen(mask, row, keys, x, [=](T score) { return static_cast<T>(score + unseen); });
  } else {
    for_unseen(mask, row, keys, x, [=](T) { return unseen; });
  }
}

template <class T>
inline void drop_unseen(const AttentionMask& mask, std::int64_t row, std::int64_t keys, T* x) {
  for_unseen(mask, row, keys, x, [](T) { return T(0); });
}

}  // namespace shoal::kernels
