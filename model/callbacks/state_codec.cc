#include "model/callbacks/state_codec.h"

#include <bit>
#include <cstring>

#include "common/base/digest.h"
#include "common/base/error.h"

namespace shoal::callbacks {
namespace {

using json = nlohmann::json;

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  raise<IoError>("a callback's state holds '{}' where a hexadecimal digit belongs", c);
}

}  // namespace

json encode(const std::optional<double>& value) {
  return value ? json(std::bit_cast<std::uint64_t>(*value)) : json(nullptr);
}

std::optional<double> decode_number(const json& value) {
  if (value.is_null()) return std::nullopt;
  return std::bit_cast<double>(value.get<std::uint64_t>());
}

json encode(const std::vector<Tensor>& tensors) {
  json result = json::array();
  for (const Tensor& tensor : tensors)
    result.push_back({{"dtype", name_of(tensor.dtype())},
                      {"shape", tensor.shape().dims()},
                      {"values", to_hex({static_cast<const std::byte*>(tensor.raw()), tensor.bytes()})}});
  return result;
}

std::vector<Tensor> decode_tensors(const json& value) {
  std::vector<Tensor> result;
  for (const json& entry : value) {
    Tensor tensor(Shape(entry.at("shape").get<std::vector<std::int64_t>>()),
                  dtype_from_name(entry.at("dtype").get<std::string>()));
    const auto& text = entry.at("values").get_ref<const std::string&>();
    if (text.size() != 2 * tensor.bytes())
      raise<IoError>("a callback's state holds {} digits for a tensor of {} bytes", text.size(), tensor.bytes());
    auto* out = static_cast<unsigned char*>(tensor.mutable_raw());
    for (std::size_t i = 0; i < tensor.bytes(); ++i)
      out[i] = static_cast<unsigned char>(digit(text[2 * i]) * 16 + digit(text[2 * i + 1]));
    result.push_back(std::move(tensor));
  }
  return result;
}

}  // namespace shoal::callbacks
