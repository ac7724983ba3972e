#include "model/data/text_vectorization.h"

#include <algorithm>
#include <utility>

#include "common/base/error.h"

namespace shoal::preprocessing {
namespace {

// What Keras strips: !"#$%&()*+,-./:;<=>?@[\]^_`{|}~ and the apostrophe.
bool is_punctuation(char c) {
  return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

TextVectorization::TextVectorization(const TextVectorizationOptions& options) : options_(options) {
  if (options.max_tokens < 0 || options.max_tokens == 1 || options.max_tokens == 2)
    raise("TextVectorization: max_tokens must be 0 or above 2, received {}", options.max_tokens);
  if (options.output_sequence_length < 0)
    raise("TextVectorization: output_sequence_length must not be negative, received {}",
          options.output_sequence_length);
}

std::vector<std::string> TextVectorization::words(std::string_view text) {
  std::vector<std::string> result;
  std::string word;
  for (const char c : text) {
    if (is_space(c)) {
      if (!word.empty()) result.push_back(std::exchange(word, {}));
    } else if (!is_punctuation(c)) {
      word += lower(c);
    }
  }
  if (!word.empty()) result.push_back(word);
  return result;
}

void TextVectorization::adapt(const std::vector<std::string>& texts) {
  std::map<std::string, std::int64_t> counts;
  for (const std::string& text : texts)
    for (std::string& word : words(text)) ++counts[std::move(word)];
  std::vector<std::pair<std::int64_t, std::string>> ranked;
  for (auto& [word, count] : counts) ranked.emplace_back(count, word);
  std::sort(ranked.rbegin(), ranked.rend());
  vocabulary_ = {"", "[UNK]"};
  numbers_.clear();
  for (auto& [count, word] : ranked) {
    if (options_.max_tokens > 0 && static_cast<std::int64_t>(vocabulary_.size()) >= options_.max_tokens) break;
    numbers_[word] = static_cast<std::int64_t>(vocabulary_.size());
    vocabulary_.push_back(std::move(word));
  }
}

Tensor TextVectorization::operator()(const std::vector<std::string>& texts) const {
  if (vocabulary_.empty()) raise("TextVectorization: adapt() must be called before it is used");
  std::vector<std::vector<std::int64_t>> rows;
  std::size_t longest = 1;
  for (const std::string& text : texts) {
    std::vector<std::int64_t>& row = rows.emplace_back();
    for (const std::string& word : words(text)) {
      const auto found = numbers_.find(word);
      row.push_back(found == numbers_.end() ? 1 : found->second);
    }
    longest = std::max(longest, row.size());
  }
  const auto length =
      options_.output_sequence_length > 0 ? static_cast<std::size_t>(options_.output_sequence_length) : longest;
  Tensor result({static_cast<std::int64_t>(rows.size()), static_cast<std::int64_t>(length)}, DType::kInt64);
  auto* out = result.mutable_data<std::int64_t>();
  for (const auto& row : rows) {
    std::copy_n(row.begin(), std::min(length, row.size()), out);
    out += length;
  }
  return result;
}

}  // namespace shoal::preprocessing
