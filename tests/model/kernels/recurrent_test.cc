#include "model/kernels/recurrent.h"

#include "tests/model/kernels/support.h"

namespace shoal::kernels::test {
namespace {

constexpr std::int64_t kRows = 5, kUnits[] = {1, 3, 8, 15, 16, 17, 33, 64};
constexpr bool kMask[] = {true, false, true, true, false};

// What one step of a cell reads and writes; rows of the tensors around it lie further apart than they are wide.
template <class T>
struct Work {
  CellShape shape;
  std::int64_t gates, saved_row;
  Array<T> projected, recurrent, h, c, saved, dy, dh, dc, d_projected, d_recurrent;

  explicit Work(const CellShape& s)
      : shape(s),
        gates(s.gates()),
        saved_row(s.saved() + 3),
        projected(Array<T>::random(kRows * (gates + 2), 1)),
        recurrent(Array<T>::random(kRows * gates, 2)),
        h(Array<T>::random(kRows * s.units, 3)),
        c(Array<T>::random(kRows * s.units, 4)),
        saved(kRows * saved_row, T(7)),
        dy(Array<T>::random(kRows * s.units, 5)),
        dh(Array<T>::random(kRows * s.units, 6)),
        dc(Array<T>::random(kRows * s.units, 7)),
        d_projected(kRows * (gates + 1), T(7)),
        d_recurrent(kRows * gates, T(7)) {
    for (std::int64_t i = 0; i < projected.size(); ++i) projected[i] *= T(4);
  }

  void run(const Table<T>& table, bool masked) {
    const Array<T> h_before = h, c_before = c;
    table.recurrent_step({.shape = shape,
                          .rows = kRows,
                          .projected = projected.data(),
                          .projected_row = gates + 2,
                          .recurrent = recurrent.data(),
                          .h = h.data(),
                          .c = c.data(),
                          .saved = saved.data(),
                          .saved_row = saved_row,
                          .mask = masked ? kMask : nullptr,
                          .mask_row = 1});
    table.recurrent_step_gradient({.shape = shape,
                                   .rows = kRows,
                                   .saved = saved.data(),
                                   .saved_row = saved_row,
                                   .h_before = h_before.data(),
                                   .c_before = c_before.data(),
                                   .before_row = shape.units,
                                   .dy = dy.data(),
                                   .dy_row = shape.units,
                                   .dh = dh.data(),
                                   .dc = dc.data(),
                                   .d_projected = d_projected.data(),
                                   .d_projected_row = gates + 1,
                                   .d_recurrent = d_recurrent.data(),
                                   .mask = masked ? kMask : nullptr,
                                   .mask_row = 1});
  }
};

TEST(RecurrentStep, LevelsAgreeWithThePortableKernelInFloat64) {
  for (const auto* level : levels())
    for (const Cell cell : {Cell::kSimple, Cell::kLstm, Cell::kGru})
      for (const auto activation : {CellActivation::kTanh, CellActivation::kSoftsign})
        for (const bool masked : {false, true})
          for (const std::int64_t units : kUnits) {
            const CellShape shape{cell, units, activation, CellActivation::kSigmoid};
            SCOPED_TRACE(std::string(level->level) + " cell " + std::to_string(static_cast<int>(cell)) + " units " +
                         std::to_string(units));
            Work<float> run(shape);
            Work<double> truth(shape);
            run.run(*level, masked);
            truth.run(table<double>(), masked);
            EXPECT_LE(error(run.h, truth.h), 1e-6);
            EXPECT_LE(error(run.c, truth.c), 1e-6);
            EXPECT_LE(error(run.saved, truth.saved), 1e-6);
            EXPECT_LE(error(run.dh, truth.dh), 1e-6);
            EXPECT_LE(error(run.dc, truth.dc), 1e-6);
            EXPECT_LE(error(run.d_projected, truth.d_projected), 1e-6);
            EXPECT_LE(error(run.d_recurrent, truth.d_recurrent), 1e-6);
          }
}

// Rows in another grouping, and what lies behind them, change no bit.
TEST(RecurrentSequence, BitsOfARowDependOnThatRowAlone) {
  constexpr std::int64_t kMany = 29, kTime = 6, kWidth = 21;
  for (const Cell cell : {Cell::kSimple, Cell::kLstm, Cell::kGru, Cell::kGruResetBefore}) {
    const CellShape shape{cell, kWidth, CellActivation::kTanh, CellActivation::kSigmoid};
    const auto projected = Array<float>::random(kMany * kTime * shape.gates(), 1);
    const auto kernel = Array<float>::random(kWidth * shape.gates(), 2);
    const auto dy = Array<float>::random(kMany * kTime * kWidth, 3);
    const Scratch scratch(recurrent_scratch<float>(shape));
    const auto run = [&](std::int64_t piece) {
      Array<float> saved(kMany * kTime * shape.saved()), gradient(kMany * kTime * shape.gates());
      for (std::int64_t first = 0; first < kMany; first += piece) {
        const std::int64_t rows = std::min(piece, kMany - first);
        recurrent(RecurrentArgs<float>{.shape = shape,
                                       .rows = rows,
                                       .time = kTime,
                                       .projected = projected.data() + first * kTime * shape.gates(),
                                       .kernel = kernel.data(),
                                       .saved = saved.data() + first * kTime * shape.saved(),
                                       .scratch = scratch.data()});
        recurrent_gradient(RecurrentGradientArgs<float>{.shape = shape,
                                                        .rows = rows,
                                                        .time = kTime,
                                                        .saved = saved.data() + first * kTime * shape.saved(),
                                                        .kernel = kernel.data(),
                                                        .d_sequence = dy.data() + first * kTime * kWidth,
                                                        .d_projected = gradient.data() + first * kTime * shape.gates(),
                                                        .scratch = scratch.data()});
      }
      EXPECT_TRUE(saved.intact() && gradient.intact());
      return std::pair(saved, gradient);
    };
    const auto whole = run(kMany);
    for (const std::int64_t piece : {1, 8, 13}) {
      const auto cut = run(piece);
      EXPECT_EQ(error(cut.first, whole.first), 0);
      EXPECT_EQ(error(cut.second, whole.second), 0);
    }
  }
}

}  // namespace
}  // namespace shoal::kernels::test
