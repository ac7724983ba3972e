#include "common/io/npy_header.h"

#include <charconv>

#include "common/base/error.h"

namespace shoal::io {

namespace {

class Parser {
 public:
  Parser(std::string_view text, const std::string& place) : rest_(text), place_(place) {}

  NpyHeader dictionary() {
    NpyHeader header;
    bool descr = false, order = false, shape = false;
    expect('{');
    while (!take('}')) {
      const std::string key = quoted();
      expect(':');
      if (key == "descr") {
        header.descr = quoted();
        descr = true;
      } else if (key == "fortran_order") {
        header.fortran_order = boolean();
        order = true;
      } else if (key == "shape") {
        header.shape = tuple();
        shape = true;
      } else {
        fail("unknown key '" + key + "'");
      }
      if (!take(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (!rest_.empty()) fail("text behind the dictionary");
    if (!descr || !order || !shape) fail("descr, fortran_order or shape is missing");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& what) { raise<IoError>("{}: damaged NumPy header: {}", place_, what); }

  void skip_space() {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\n' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
  }

  bool take(char c) {
    skip_space();
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }

  void expect(char c) {
    if (!take(c)) fail(fmt::format("'{}' expected", c));
  }

  std::string quoted() {
    skip_space();
    if (!rest_.empty() && rest_.front() == '[') fail("structured element types are not read");
    if (rest_.empty() || (rest_.front() != '\'' && rest_.front() != '"')) fail("a quoted word expected");
    const auto end = rest_.find(rest_.front(), 1);
    if (end == std::string_view::npos) fail("a quoted word does not end");
    const std::string word(rest_.substr(1, end - 1));
    rest_.remove_prefix(end + 1);
    return word;
  }

  bool boolean() {
    skip_space();
    for (const std::string_view word : {"True", "False"})
      if (rest_.starts_with(word)) {
        rest_.remove_prefix(word.size());
        return word == "True";
      }
    fail("True or False expected");
  }

  std::vector<std::int64_t> tuple() {
    std::vector<std::int64_t> sizes;
    expect('(');
    while (!take(')')) {
      skip_space();
      std::int64_t size = -1;
      const auto [end, bad] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (bad != std::errc() || size < 0) fail("a size expected");
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      sizes.push_back(size);
      if (!take(',')) {
        expect(')');
        break;
      }
    }
    return sizes;
  }

  std::string_view rest_;
  const std::string& place_;
};

}  // namespace

NpyHeader parse_npy_header(std::string_view text, const std::string& place) { return Parser(text, place).dictionary(); }

std::string format_npy_header(const NpyHeader& header) {
  std::string sizes;
  for (const auto size : header.shape) sizes += fmt::format("{}{}", sizes.empty() ? "" : ", ", size);
  if (header.shape.size() == 1) sizes += ",";
  return fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': ({}), }}", header.descr,
                     header.fortran_order ? "True" : "False", sizes);
}

}  // namespace shoal::io
