#include <cmath>
#include <numbers>

#include "common/base/random.h"
#include "model/kernels/strided.h"
#include "model/kernels/table.h"
#include "model/plan/kernel.h"

namespace shoal::plan {
namespace {

using kernels::Extent;

// Element e of row r of the global batch is draw e of the stream (key and step, r), whoever computes it.
struct Params {
  std::uint64_t key;
  double rate;
  Extent rows;            // of the tensor
  std::int64_t scale;     // rows of the tensor for one row of the batch
  std::int64_t elements;  // of one row of the tensor
};

Params params_of(const Signature& s) {
  const auto& random = std::get<graph::RandomAttributes>(*s.attributes);
  const Shape& shape = s.output;
  const Extent rows = shape.rank() == 0 ? Extent{1, 0} : kernels::extent_of_axis(shape[0]);
  std::int64_t elements = 1;
  for (int axis = 1; axis < shape.rank(); ++axis) elements *= shape[axis];
  return {random.key, random.rate, rows, rows.per_row == 0 ? 1 : rows.per_row, elements};
}

std::uint64_t key_of(const Params& p, std::int64_t step) {
  return random::mix(p.key, static_cast<std::uint64_t>(step));
}
std::int64_t first_of(const Params& p, const Call& call, std::int64_t first_row) {
  return (first_row + call.first_row) * p.scale;
}

// Calls draw(row of this call, element, four words) for every four elements of every row.
template <class Draw>
void for_each_draw(const Params& p, const Call& call, std::int64_t step, std::int64_t first_row, Draw draw) {
  const std::uint64_t key = key_of(p, step);
  const std::int64_t rows = p.rows.at(call.rows);
  const std::int64_t first = first_of(p, call, first_row);
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t e = 0; e < p.elements; e += 4)
      draw(row * p.elements + e, std::min<std::int64_t>(4, p.elements - e),
           random::philox(key, static_cast<std::uint64_t>(first + row), static_cast<std::uint64_t>(e / 4)));
}

Kernel bind_dropout(const Signature& s) {
  return visit_floating(s, [&](auto* type) {
    using T = std::remove_pointer_t<decltype(type)>;
    return make_kernel(
        [](const void* raw, const Call& call) {
          const Params& p = *static_cast<const Params*>(raw);
          kernels::DropoutArgs<T> args;
          args.key = key_of(p, *input<std::int64_t>(call, 1));
          args.first_row = first_of(p, call, *input<std::int64_t>(call, 2));
          args.rows = p.rows.at(call.rows);
          args.elements = p.elements;
          args.threshold = static_cast<std::uint32_t>(p.rate * 0x1p32);  // the probability of less is rate to 2^-32
          args.scale = static_cast<T>(1 / (1 - p.rate));
          args.x = input<T>(call, 0);
          args.y = output<T>(call);
          kernels::table<T>().dropout(args);
        },
        params_of(s));
  });
}

Kernel bind_uniform(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) -> Kernel {
    using T = std::remove_pointer_t<decltype(type)>;
    if constexpr (!std::is_floating_point_v<T>) {
      no_kernel(s);
    } else {
      return make_kernel(
          [](const void* raw, const Call& call) {
            const Params& p = *static_cast<const Params*>(raw);
            T* y = output<T>(call);
            for_each_draw(p, call, *input<std::int64_t>(call, 0), *input<std::int64_t>(call, 1),
                          [&](std::int64_t at, std::int64_t n, const std::array<std::uint32_t, 4>& words) {
                            for (std::int64_t i = 0; i < n; ++i)
                              y[at + i] = static_cast<T>(random::uniform_float(words[static_cast<std::size_t>(i)]));
                          });
          },
          params_of(s));
    }
  });
}

// Two words make two values of deviation 1 (Box, Muller 1958).
void normals(std::uint32_t first, std::uint32_t second, double& a, double& b) {
  const double radius = std::sqrt(-2 * std::log((static_cast<double>(first) + 1) * 0x1p-32));
  const double angle = 2 * std::numbers::pi * 0x1p-32 * static_cast<double>(second);
  a = radius * std::cos(angle);
  b = radius * std::sin(angle);
}

Kernel bind_normal(const Signature& s) {
  return visit_dtype(s.dtype, [&](auto* type) -> Kernel {
    using T = std::remove_pointer_t<decltype(type)>;
    if constexpr (!std::is_floating_point_v<T>) {
      no_kernel(s);
    } else {
      return make_kernel(
          [](const void* raw, const Call& call) {
            const Params& p = *static_cast<const Params*>(raw);
            T* y = output<T>(call);
            for_each_draw(p, call, *input<std::int64_t>(call, 0), *input<std::int64_t>(call, 1),
                          [&](std::int64_t at, std::int64_t n, const std::array<std::uint32_t, 4>& words) {
                            double values[4];
                            normals(words[0], words[1], values[0], values[1]);
                            normals(words[2], words[3], values[2], values[3]);
                            for (std::int64_t i = 0; i < n; ++i) y[at + i] = static_cast<T>(values[i]);
                          });
          },
          params_of(s));
    }
  });
}

}  // namespace

Binder binders::random(std::string_view operation) {
  if (operation == "dropout") return bind_dropout;
  if (operation == "random_normal") return bind_normal;
  if (operation == "random_uniform") return bind_uniform;
  return nullptr;
}

}  // namespace shoal::plan
