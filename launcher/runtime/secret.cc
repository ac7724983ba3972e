#include "launcher/runtime/secret.h"

#include <array>

#include "common/base/digest.h"
#include "common/base/error.h"

namespace shoal::launcher {

JobSecret make_secret() {
  std::array<std::byte, 8> id;
  JobSecret secret{"", std::vector<std::byte>(32)};
  fill_random(id);
  fill_random(secret.key);
  secret.job = to_hex(id);
  return secret;
}

std::string encode(const JobSecret& secret) { return secret.job + " " + to_hex(secret.key); }

JobSecret decode_secret(std::string_view text) {
  const std::size_t space = text.find(' ');
  if (space == std::string_view::npos) raise("job secret: malformed");
  return {std::string(text.substr(0, space)), from_hex(text.substr(space + 1))};
}

std::vector<std::byte> from_hex(std::string_view digits) {
  const auto value = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    raise("secret: must be hexadecimal digits");
  };
  if (digits.size() % 2 != 0) raise("secret: must be an even number of hexadecimal digits");
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2)
    bytes.push_back(static_cast<std::byte>(value(digits[i]) * 16 + value(digits[i + 1])));
  return bytes;
}

}  // namespace shoal::launcher
