#include "model/layers/naming.h"

#include <cctype>
#include <map>
#include <mutex>

namespace shoal::layers {
namespace {

std::mutex mutex;

std::map<std::string, int>& counters() {
  static std::map<std::string, int> counts;
  return counts;
}

bool upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
bool lower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }

// An underscore stands before a capital that starts a word: one that follows any character and is itself followed by
// lower case letters, or one right behind a lower case letter.
bool starts_word(std::string_view text, std::size_t i) {
  if (i == 0 || !upper(text[i])) return false;
  return lower(text[i - 1]) || (i + 1 < text.size() && lower(text[i + 1]));
}

}  // namespace

std::string snake_case(std::string_view class_name) {
  std::string result;
  for (std::size_t i = 0; i < class_name.size(); ++i) {
    if (starts_word(class_name, i)) result += '_';
    result += static_cast<char>(std::tolower(static_cast<unsigned char>(class_name[i])));
  }
  return result;
}

std::string unique_name(std::string_view class_name) {
  const std::string base = snake_case(class_name);
  const std::lock_guard lock(mutex);
  const int count = counters()[base]++;
  return count == 0 ? base : base + "_" + std::to_string(count);
}

void reset_names() {
  const std::lock_guard lock(mutex);
  counters().clear();
}

}  // namespace shoal::layers
