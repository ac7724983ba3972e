#include "tests/model/layers/layer_rows.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "common/base/error.h"
#include "model/layers/layers.h"
#include "tests/model/layers/cases.h"

namespace shoal::testing {
namespace {

using json = nlohmann::json;

// A value for each input: one for all, or a list.
template <class T>
std::vector<T> for_each_input(const json& line, const char* key, std::size_t inputs) {
  const json value = line.value(key, json(T{}));
  if (value.is_array()) return value.get<std::vector<T>>();
  return std::vector<T>(inputs, value.get<T>());
}

LayerRow read(const std::string& place, const json& line) {
  for (const auto& [key, value] : line.items())
    if (const char* known[] = {"layer", "config", "inputs", "integers", "mask", "call", "differentiable", "drawn",
                               "tolerance", "why"};
        std::ranges::find(known, key) == std::end(known))
      raise("{}: unknown key '{}'", place, key);
  LayerRow row;
  row.place = place;
  row.class_name = line.at("layer");
  row.config = line.value("config", json::object());
  for (const json& shape : line.at("inputs")) row.inputs.emplace_back(shape.get<std::vector<std::int64_t>>());
  row.integers = for_each_input<std::int64_t>(line, "integers", row.inputs.size());
  row.masks = for_each_input<bool>(line, "mask", row.inputs.size());
  row.arguments = line.value("call", json::object());
  row.training = row.arguments.value("training", false);
  row.arguments.erase("training");
  row.differentiable = line.value("differentiable", true);
  if (line.contains("tolerance")) {
    row.float32 = line["tolerance"].value("float32", row.float32);
    if (!line.contains("why")) raise("{}: a tolerance needs a reason under 'why'", place);
  }
  return row;
}

std::vector<LayerRow> read_all() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(SHOAL_SOURCE_DIR "/tests/cases"))
    if (entry.path().filename().string().starts_with("layers_")) files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<LayerRow> rows;
  for (const auto& file : files) {
    int number = 0;
    for (const json& line : json::parse(std::ifstream(file)))
      rows.push_back(read(fmt::format("{} {}", file.filename().string(), ++number), line));
  }
  return rows;
}

Shape batch_of(std::int64_t rows, const Shape& row) {
  std::vector<std::int64_t> dims = row.dims();
  dims.insert(dims.begin(), rows);
  return Shape(dims);
}

Tensor integers_below(std::int64_t n, const Shape& shape) {
  std::vector<std::int32_t> values(static_cast<std::size_t>(shape.elements()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<std::int32_t>(static_cast<std::int64_t>(i * i + 3 * i) % n);
  return Tensor(values, shape);
}

Tensor mask_for(const Shape& input, std::size_t number) {
  Tensor mask(Shape{input[0], input[1]}, DType::kBool);
  for (std::int64_t i = 0; i < mask.shape().elements(); ++i)
    mask.mutable_data<bool>()[i] = i % input[1] == 0 || (i * 7 + static_cast<std::int64_t>(number)) % 3 != 0;
  return mask;
}

}  // namespace

Layer LayerRow::make(const json& with) const { return layers::layer_from_config(class_name, with); }

const std::vector<LayerRow>& layer_rows() {
  static const std::vector<LayerRow> rows = read_all();
  return rows;
}

LayerCall call_of(const LayerRow& row, DType dtype, std::int64_t rows) {
  LayerCall call;
  call.options.training = row.training;
  call.options.arguments = row.arguments;
  const bool masked = std::ranges::count(row.masks, true) > 0;
  for (std::size_t i = 0; i < row.inputs.size(); ++i) {
    const Shape shape = batch_of(rows, row.inputs[i]);
    call.inputs.push_back(row.integers[i] > 0 ? integers_below(row.integers[i], shape)
                                              : numbers(shape, dtype, static_cast<int>(i) + 1));
    if (masked) call.options.masks.push_back(row.masks[i] ? mask_for(shape, i) : Tensor());
  }
  return call;
}

void set_weights(const Layer& layer) {
  int seed = 20;
  for (Variable variable : layer->weights()) {
    Tensor values = numbers(variable.shape(), DType::kFloat64, seed++);
    double* at = values.mutable_data<double>();
    if (variable.name().find("variance") != std::string::npos)
      for (std::size_t i = 0; i < variable.size(); ++i) at[i] = 0.5 + at[i] * at[i];
    variable.assign(values.astype(DType::kFloat32));  // the same numbers in either dtype
  }
}

}  // namespace shoal::testing
