#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace shoal::saving {

// Parses text from a file; throws IoError naming `place` when it is not JSON or nested deeper than any model is.
nlohmann::json parse_json(const std::string& text, const std::string& place);

// JSON has no NaN and no infinities: they travel as {"float": "nan"}, {"float": "inf"}, {"float": "-inf"}.
nlohmann::json with_finite_numbers(const nlohmann::json& value);
nlohmann::json with_all_numbers(const nlohmann::json& value);

}  // namespace shoal::saving
