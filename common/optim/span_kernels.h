#pragma once

#include <cstddef>
#include <type_traits>
#include <vector>

#include "common/optim/formula.h"

// The element loops of the rules. Every build of them (one per instruction set) does the same exact operations in the
// same order, so all give the same bits.
namespace shoal::optim {

// Of one rule.
template <class Step, class T>
struct RuleLoops {
  void (*apply)(const Step& step, std::size_t n, T* w, const T* g, T* const* slots);
  // `count` steps in a row, each with the bits of `apply` with zeros for gradients.
  void (*replay)(const Step* steps, std::size_t count, std::size_t n, T* w, T* const* slots);
};

template <class T>
struct SpanKernels {
  RuleLoops<SgdStep<T>, T> sgd;
  RuleLoops<AdamStep<T>, T> adam;
  RuleLoops<RmspropStep<T>, T> rmsprop;
  RuleLoops<AdagradStep<T>, T> adagrad;
  void (*add)(std::size_t n, const T* src, T* dst);
};

template <class T>
const SpanKernels<T>& span_kernels();

// The builds this processor can run, the plain loop first, the best last.
template <class T>
std::vector<SpanKernels<T>> all_span_kernels();

// Calls visit with the number of slots that a rule's options give it, as a constant.
template <class T, class Visit>
void visit_slots(const SgdStep<T>& step, Visit&& visit) {
  step.has_momentum ? visit(std::integral_constant<int, 1>()) : visit(std::integral_constant<int, 0>());
}
template <class T, class Visit>
void visit_slots(const AdamStep<T>& step, Visit&& visit) {
  step.amsgrad ? visit(std::integral_constant<int, 3>()) : visit(std::integral_constant<int, 2>());
}
template <class T, class Visit>
void visit_slots(const RmspropStep<T>& step, Visit&& visit) {
  if (step.has_momentum && step.centered)
    visit(std::integral_constant<int, 3>());
  else if (step.has_momentum || step.centered)
    visit(std::integral_constant<int, 2>());
  else
    visit(std::integral_constant<int, 1>());
}
template <class T, class Visit>
void visit_slots(const AdagradStep<T>&, Visit&& visit) {
  visit(std::integral_constant<int, 1>());
}

template <class Loops, class Step, class T>
RuleLoops<Step, T> loops_of() {
  return {[](const Step& step, std::size_t n, T* w, const T* g, T* const* slots) {
            visit_slots(step, [&](auto count) { Loops::template run<count()>(step, n, w, g, slots); });
          },
          [](const Step* steps, std::size_t count, std::size_t n, T* w, T* const* slots) {
            if (count == 0) return;
            visit_slots(*steps, [&](auto number) { Loops::template replay<number()>(steps, count, n, w, slots); });
          }};
}

// The kernels whose loops are `Loops::run<slots>` and `Loops::replay<slots>`.
template <class Loops, class T>
SpanKernels<T> kernels_of() {
  return {loops_of<Loops, SgdStep<T>, T>(), loops_of<Loops, AdamStep<T>, T>(), loops_of<Loops, RmspropStep<T>, T>(),
          loops_of<Loops, AdagradStep<T>, T>(), Loops::template add<T>};
}

}  // namespace shoal::optim
