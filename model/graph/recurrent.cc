#include <algorithm>

#include "model/graph/rules.h"

// Recurrent layers over whole sequences. u = units, g = gates in a row of the projection.
namespace shoal::graph {
namespace {

const RecurrentAttributes& attributes_of(const Attributes& attributes) {
  return std::get<RecurrentAttributes>(attributes);
}

std::int64_t gates_of(const RecurrentAttributes& a) { return a.cell == "simple_rnn" ? 1 : a.cell == "lstm" ? 4 : 3; }

std::int64_t saved_of(const RecurrentAttributes& a) {
  return a.cell == "simple_rnn" ? 1 : a.cell == "lstm" ? 6 : a.cell == "gru" ? 5 : 4;
}

struct Sizes {
  std::int64_t rows, time, units, gates;
};

void require_optional(const Operation& operation, Inputs inputs, const RecurrentAttributes& a, const Sizes& s) {
  if (inputs.size() != 2 + a.optional.size())
    raise<InternalError>("{}: has {} operands, needs {}", operation.name, inputs.size(), 2 + a.optional.size());
  const Node& first = *inputs[0];
  for (std::size_t i = 0; i < a.optional.size(); ++i) {
    const Node& input = *inputs[2 + i];
    const std::string& name = a.optional[i];
    if (name == "mask") {
      require_shape(operation, input, {s.rows, s.time}, "the mask");
      if (input.dtype != DType::kBool)
        raise("{}: the mask must be bool, received {}", operation.name, name_of(input.dtype));
      continue;
    }
    require_same_dtype(operation, first, input);
    const Shape shape = name == "bias"         ? Shape{s.gates}
                        : name == "dropout"    ? Shape{s.rows, s.gates}
                        : name == "d_sequence" ? Shape{s.rows, s.time, s.units}
                                               : Shape{s.rows, s.units};
    require_shape(operation, input, shape, name.c_str());
  }
}

void require_sequence(const Operation& operation, const Node& x) {
  require_floating(operation, x);
  require_rank(operation, x, 3, "the sequence");
  if (x.shape[1] < 1) raise("{}: needs at least one step, received shape {}", operation.name, x.shape.to_string());
}

// (projected (rows, time, g), kernel (u, g), ...) -> what each step keeps (rows, time, ...)
Result recurrent(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const RecurrentAttributes& a = attributes_of(attributes);
  require_sequence(operation, *inputs[0]);
  require_same_dtype(operation, *inputs[0], *inputs[1]);
  require_rank(operation, *inputs[1], 2, "the recurrent kernel");
  const Shape& x = inputs[0]->shape;
  const std::int64_t units = inputs[1]->shape[0];
  const Sizes sizes{x[0], x[1], units, units * gates_of(a)};
  require_shape(operation, *inputs[1], {units, sizes.gates}, "the recurrent kernel");
  require_shape(operation, *inputs[0], {x[0], x[1], sizes.gates}, "the projection");
  require_optional(operation, inputs, a, sizes);
  return {{x[0], x[1], units * saved_of(a)}, inputs[0]->dtype};
}

// (saved, kernel, ...) -> gradient of the projection; with the state's, one more step that holds it
Result recurrent_gradient(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const RecurrentAttributes& a = attributes_of(attributes);
  require_sequence(operation, *inputs[0]);
  const Shape& saved = inputs[0]->shape;
  const std::int64_t units = inputs[1]->shape[0], gates = units * gates_of(a);
  require_shape(operation, *inputs[0], {saved[0], saved[1], units * saved_of(a)}, "what was saved");
  require_optional(operation, inputs, a, {saved[0], saved[1], units, gates});
  return {{saved[0], saved[1] + (a.state_gradient ? 1 : 0), gates}, inputs[0]->dtype};
}

// (saved, gradient of the projection, ...) -> gradient of the recurrent kernel, or of its bias
Result kernel_gradient(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  const RecurrentAttributes& a = attributes_of(attributes);
  require_sequence(operation, *inputs[0]);
  const Shape& saved = inputs[0]->shape;
  const std::int64_t units = saved[2] / saved_of(a), gates = units * gates_of(a);
  require_shape(operation, *inputs[1], {saved[0], saved[1], gates}, "the gradient");
  require_optional(operation, inputs, a, {saved[0], saved[1], units, gates});
  return {{units, gates}, inputs[0]->dtype};
}

Result bias_gradient(const Operation& operation, Inputs inputs, const Attributes& attributes) {
  return {{kernel_gradient(operation, inputs, attributes).shape[1]}, inputs[0]->dtype};
}

Rows sums_rows(Inputs, const Attributes&, const Shape&) { return Rows::kSumsRows; }

double cost(Inputs inputs, const Attributes& attributes, const Shape&) {
  const double units = static_cast<double>(inputs[1]->shape[0]), time = static_cast<double>(inputs[0]->shape[1]);
  return time * units * static_cast<double>(gates_of(attributes_of(attributes))) * (2 * units + 20);
}

double cost_of_kernel_gradient(Inputs inputs, const Attributes&, const Shape& output) {
  return 2 * elements_or_row(inputs[1]->shape) * static_cast<double>(output[0]);
}

// Steps of a sequence wait for each other, so all rows go through it in a few large pieces.
constexpr Operation kRecurrent[] = {
    {"recurrent", 2, 7, recurrent, whole, cost},
    {"recurrent_gradient", 2, 8, recurrent_gradient, whole, cost},
    {"recurrent_kernel_gradient", 2, 4, kernel_gradient, sums_rows, cost_of_kernel_gradient},
    {"recurrent_bias_gradient", 2, 2, bias_gradient, sums_rows, cost_of_input},
};

}  // namespace

int RecurrentAttributes::position(std::string_view name) const {
  const auto found = std::find(optional.begin(), optional.end(), name);
  return found == optional.end() ? -1 : static_cast<int>(found - optional.begin()) + 2;
}

std::span<const Operation> tables::recurrent() { return kRecurrent; }

}  // namespace shoal::graph
