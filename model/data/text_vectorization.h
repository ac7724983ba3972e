#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/tensor/tensor.h"

namespace shoal::preprocessing {

struct TextVectorizationOptions {
  std::int64_t max_tokens = 0;  // of the vocabulary, the two special ones included; 0: no limit
  // Every text becomes so many numbers, cut at the end or filled up with 0; 0: as many as the longest has.
  std::int64_t output_sequence_length = 0;
};

// Keras's TextVectorization with its defaults: lower case, punctuation (of ASCII) away, words between white space, each
// replaced by its number in the vocabulary, the most frequent first. 0 fills up, 1 is a word that is not in it.
class TextVectorization {
 public:
  explicit TextVectorization(const TextVectorizationOptions& options = {});

  // Makes the vocabulary: by falling frequency, equals by falling order of their bytes, as Keras sorts them.
  void adapt(const std::vector<std::string>& texts);
  const std::vector<std::string>& vocabulary() const { return vocabulary_; }  // "", "[UNK]", ...

  Tensor operator()(const std::vector<std::string>& texts) const;  // int64 (texts, length); ValueError before adapt

  static std::vector<std::string> words(std::string_view text);

 private:
  TextVectorizationOptions options_;
  std::vector<std::string> vocabulary_;
  std::map<std::string, std::int64_t, std::less<>> numbers_;
};

}  // namespace shoal::preprocessing
