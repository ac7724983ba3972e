#include "model/saving/json_text.h"

#include <cmath>
#include <limits>

#include "common/base/error.h"

namespace shoal::saving {

using nlohmann::json;

namespace {
constexpr int kDeepest = 200;
constexpr const char* kKey = "float";
}  // namespace

json parse_json(const std::string& text, const std::string& place) {
  const auto check_depth = [&](int depth, json::parse_event_t, json&) {
    if (depth > kDeepest) raise<IoError>("{}: nested deeper than {} levels", place, kDeepest);
    return true;
  };
  try {
    return json::parse(text, check_depth);
  } catch (const json::exception& error) {
    raise<IoError>("{}: is not JSON: {}", place, error.what());
  }
}

json with_finite_numbers(const json& value) {
  if (value.is_number_float()) {
    const double number = value;
    if (std::isnan(number)) return {{kKey, "nan"}};
    if (std::isinf(number)) return {{kKey, number > 0 ? "inf" : "-inf"}};
  }
  if (!value.is_structured()) return value;
  json result = value;
  for (json& part : result) part = with_finite_numbers(part);
  return result;
}

json with_all_numbers(const json& value) {
  if (!value.is_structured()) return value;
  if (value.is_object() && value.size() == 1 && value.contains(kKey)) {
    const json& name = value[kKey];
    if (name == "nan") return std::numeric_limits<double>::quiet_NaN();
    if (name == "inf") return std::numeric_limits<double>::infinity();
    if (name == "-inf") return -std::numeric_limits<double>::infinity();
  }
  json result = value;
  for (json& part : result) part = with_all_numbers(part);
  return result;
}

}  // namespace shoal::saving
