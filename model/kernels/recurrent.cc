#include "model/kernels/recurrent.h"

#include "model/kernels/recurrent_reset_before.h"
#include "model/kernels/split.h"

namespace shoal::kernels {
namespace {

bool resets_before(const CellShape& shape) { return shape.cell == Cell::kGruResetBefore; }

// What a block of rows works in.
template <class T>
struct Work {
  T *h, *c, *z, *masked, *zeros;
  std::byte* products;

  Work(const CellShape& shape, void* scratch) {
    ScratchParts parts(scratch);
    h = parts.take<T>(kRecurrentRows * shape.units);
    c = parts.take<T>(kRecurrentRows * shape.units);
    masked = parts.take<T>(kRecurrentRows * shape.units);
    zeros = parts.take<T>(kRecurrentRows * shape.units);
    std::fill_n(zeros, kRecurrentRows * shape.units, T(0));
    z = parts.take<T>(kRecurrentRows * shape.gates());
    products = parts.rest();
  }
  static std::size_t bytes(const CellShape& shape) {
    return 4 * ScratchParts::bytes<T>(kRecurrentRows * shape.units) +
           ScratchParts::bytes<T>(kRecurrentRows * shape.gates());
  }
};

template <class T>
void copy_or_clear(const T* from, std::int64_t n, T* to) {
  if (from) {
    std::copy_n(from, n, to);
  } else {
    std::fill_n(to, n, T(0));
  }
}

// out[rows, units] = x[rows, units] * mask[rows, gates] at the gate
template <class T>
void drop(const CellShape& shape, std::int64_t rows, const T* x, const T* mask, int gate, T* out) {
  const std::int64_t u = shape.units;
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t k = 0; k < u; ++k) out[row * u + k] = x[row * u + k] * mask[row * shape.gates() + gate * u + k];
}

template <class T>
class Forward {
 public:
  explicit Forward(const RecurrentArgs<T>& args)
      : args_(args),
        shape_(args.shape),
        products_(shape_, args.dropout != nullptr || resets_before(shape_), false),
        work_(shape_, args.scratch) {
    products_.pack(args.kernel, work_.products);
  }

  void run(std::int64_t first, std::int64_t rows) {
    const std::int64_t u = shape_.units;
    const T* dropout = args_.dropout ? args_.dropout + first * shape_.gates() : nullptr;
    copy_or_clear(args_.h ? args_.h + first * u : nullptr, rows * u, work_.h);
    copy_or_clear(args_.c ? args_.c + first * u : nullptr, rows * u, work_.c);
    RecurrentStep<T> step{.shape = shape_,
                          .rows = rows,
                          .projected_row = args_.time * shape_.gates(),
                          .recurrent = work_.z,
                          .h = work_.h,
                          .c = work_.c,
                          .saved_row = args_.time * shape_.saved(),
                          .mask_row = args_.time};
    for (std::int64_t t = 0; t < args_.time; ++t) {
      const std::int64_t x = args_.go_backwards ? args_.time - 1 - t : t;
      multiply(rows, dropout);
      step.projected = args_.projected + (first * args_.time + x) * shape_.gates();
      step.saved = args_.saved + (first * args_.time + t) * shape_.saved();
      if (args_.mask) step.mask = args_.mask + first * args_.time + x;
      if (resets_before(shape_)) {
        reset_before_step(step, products_, dropout, work_.z, work_.masked);
      } else {
        table<T>().recurrent_step(step);
      }
    }
  }

 private:
  void multiply(std::int64_t rows, const T* dropout) {
    const int parts = products_.parts() - (resets_before(shape_) ? 1 : 0);
    for (int part = 0; part < parts; ++part) {
      const T* h = work_.h;
      if (dropout) {
        drop(shape_, rows, h, dropout, part, work_.masked);
        h = work_.masked;
      }
      products_.forward(rows, part, h, args_.bias, work_.z);
    }
  }

  const RecurrentArgs<T>& args_;
  CellShape shape_;
  RecurrentProducts<T> products_;
  Work<T> work_;
};

template <class T>
class Backward {
 public:
  explicit Backward(const RecurrentGradientArgs<T>& args)
      : args_(args),
        shape_(args.shape),
        slots_(args.time + (args.state_gradient ? 1 : 0)),
        products_(shape_, args.dropout != nullptr || resets_before(shape_), true),
        work_(shape_, args.scratch) {
    products_.pack(args.kernel, work_.products);
  }

  void run(std::int64_t first, std::int64_t rows) {
    const std::int64_t u = shape_.units, time = args_.time, gates = shape_.gates();
    const T* dropout = args_.dropout ? args_.dropout + first * gates : nullptr;
    copy_or_clear(args_.d_h ? args_.d_h + first * u : nullptr, rows * u, work_.h);
    copy_or_clear(args_.d_c ? args_.d_c + first * u : nullptr, rows * u, work_.c);
    RecurrentStepGradient<T> step{.shape = shape_,
                                  .rows = rows,
                                  .saved_row = time * shape_.saved(),
                                  .dy_row = time * u,
                                  .dh = work_.h,
                                  .dc = work_.c,
                                  .d_projected_row = slots_ * gates,
                                  .d_recurrent = work_.z,
                                  .mask_row = time};
    for (std::int64_t t = time; t-- > 0;) {
      const std::int64_t x = args_.go_backwards ? time - 1 - t : t;
      step.saved = args_.saved + (first * time + t) * shape_.saved();
      find_state_before(step, first, t);
      if (args_.d_sequence) step.dy = args_.d_sequence + (first * time + t) * u;
      step.d_projected = args_.d_projected + (first * slots_ + x) * gates;
      if (args_.mask) step.mask = args_.mask + first * time + x;
      if (resets_before(shape_)) {
        reset_before_gradient(step, products_, dropout, work_.masked);
      } else {
        table<T>().recurrent_step_gradient(step);
      }
      if (t > 0 || args_.state_gradient) multiply(rows, dropout);
    }
    if (args_.state_gradient) put_state(first, rows);
  }

 private:
  void find_state_before(RecurrentStepGradient<T>& step, std::int64_t first, std::int64_t t) {
    const std::int64_t u = shape_.units;
    if (t > 0) {
      step.before_row = step.saved_row;
      step.h_before = step.saved - shape_.saved() + shape_.h_offset();
      if (shape_.cell == Cell::kLstm) step.c_before = step.saved - shape_.saved() + shape_.c_offset();
      return;
    }
    step.before_row = u;
    step.h_before = args_.h ? args_.h + first * u : work_.zeros;
    step.c_before = args_.c ? args_.c + first * u : work_.zeros;
  }

  void multiply(std::int64_t rows, const T* dropout) {
    const std::int64_t u = shape_.units;
    const int parts = products_.parts() - (resets_before(shape_) ? 1 : 0);
    for (int part = 0; part < parts; ++part) {
      if (!dropout) {
        products_.backward(rows, part, work_.z, work_.h, true);
        continue;
      }
      products_.backward(rows, part, work_.z, work_.masked, false);
      drop(shape_, rows, work_.masked, dropout, part, work_.masked);
      for (std::int64_t i = 0; i < rows * u; ++i) work_.h[i] += work_.masked[i];
    }
  }

  void put_state(std::int64_t first, std::int64_t rows) {
    const std::int64_t u = shape_.units, gates = shape_.gates();
    for (std::int64_t row = 0; row < rows; ++row) {
      T* out = args_.d_projected + ((first + row) * slots_ + args_.time) * gates;
      std::fill_n(out, gates, T(0));
      std::copy_n(work_.h + row * u, u, out);
      if (shape_.cell == Cell::kLstm) std::copy_n(work_.c + row * u, u, out + u);
    }
  }

  const RecurrentGradientArgs<T>& args_;
  CellShape shape_;
  std::int64_t slots_;
  RecurrentProducts<T> products_;
  Work<T> work_;
};

}  // namespace

template <class T>
void recurrent(const RecurrentArgs<T>& args) {
  Forward<T> forward(args);
  split_evenly(args.rows, kRecurrentRows, [&](std::int64_t first, std::int64_t rows) { forward.run(first, rows); });
}

template <class T>
void recurrent_gradient(const RecurrentGradientArgs<T>& args) {
  Backward<T> backward(args);
  split_evenly(args.rows, kRecurrentRows, [&](std::int64_t first, std::int64_t rows) { backward.run(first, rows); });
}

template <class T>
std::size_t recurrent_scratch(const CellShape& shape) {
  std::size_t most = 0;
  for (const bool by_gate : {false, true})
    for (const bool transposed : {false, true})
      most = std::max(most, RecurrentProducts<T>(shape, by_gate, transposed).bytes());
  return Work<T>::bytes(shape) + most;
}

template void recurrent(const RecurrentArgs<float>&);
template void recurrent(const RecurrentArgs<double>&);
template void recurrent_gradient(const RecurrentGradientArgs<float>&);
template void recurrent_gradient(const RecurrentGradientArgs<double>&);
template std::size_t recurrent_scratch<float>(const CellShape&);
template std::size_t recurrent_scratch<double>(const CellShape&);

}  // namespace shoal::kernels
