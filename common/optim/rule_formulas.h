// The rules, written once for a number and for a vector of numbers. No include guard: every build includes it inside
// its own namespace, for its own instruction set, after common/optim/formula.h.
// `V` has + - * /; `Lanes` makes one of a number (`set`) and has `sqrt` and `if_greater(a, b, x, y)`, which is x where
// a > b, else y. Every operation is exact and none is fused.

template <class T, class Lanes, class V>
void prepare(const Preparation<T>& step, const Lanes& lanes, V& w, V& g) {
  if (step.scales) g = g * lanes.set(step.gradient_scale);
  if (step.clips) {
    const V high = lanes.set(step.clipvalue), low = lanes.set(-step.clipvalue);
    g = lanes.if_greater(g, high, high, lanes.if_greater(low, g, low, g));
  }
  if (step.decays) w = w - w * lanes.set(step.weight_decay) * lanes.set(step.learning_rate);
}

// slots: velocity (only with momentum)
template <int kSlots, class T, class Lanes, class V>
void update(const SgdStep<T>& step, const Lanes& lanes, V& w, const V& g, V* slots) {
  const V pull = lanes.set(step.learning_rate) * g;
  if constexpr (kSlots == 0) {
    static_cast<void>(slots);
    w = w - pull;
  } else {
    const V momentum = lanes.set(step.momentum), v = momentum * slots[0] - pull;
    slots[0] = v;
    w = w + (step.nesterov ? momentum * v - pull : v);
  }
}

// slots: first moment, second moment, and with amsgrad the largest second moment
template <int kSlots, class T, class Lanes, class V>
void update(const AdamStep<T>& step, const Lanes& lanes, V& w, const V& g, V* slots) {
  const V m = slots[0] + (g - slots[0]) * lanes.set(step.one_minus_beta_1);
  V v = slots[1] + (g * g - slots[1]) * lanes.set(step.one_minus_beta_2);
  slots[0] = m;
  slots[1] = v;
  if constexpr (kSlots == 3) slots[2] = v = lanes.if_greater(slots[2], v, slots[2], v);
  w = w - m * lanes.set(step.alpha) / (lanes.sqrt(v) + lanes.set(step.epsilon));
}

// slots: velocity, then momentum if there is one, then the average gradient if centered
template <int kSlots, class T, class Lanes, class V>
void update(const RmspropStep<T>& step, const Lanes& lanes, V& w, const V& g, V* slots) {
  const V keep = lanes.set(step.rho), take = lanes.set(step.one_minus_rho);
  const V v = keep * slots[0] + take * (g * g);
  slots[0] = v;
  V under = v;
  if (step.centered) {
    V& average = slots[kSlots - 1];
    average = keep * average + take * g;
    under = under - average * average;
  }
  V move = lanes.set(step.learning_rate) * g / lanes.sqrt(under + lanes.set(step.epsilon));
  if constexpr (kSlots > 1)
    if (step.has_momentum) slots[1] = move = lanes.set(step.momentum) * slots[1] + move;
  w = w - move;
}

// slots: accumulator
template <int kSlots, class T, class Lanes, class V>
void update(const AdagradStep<T>& step, const Lanes& lanes, V& w, const V& g, V* slots) {
  slots[0] = slots[0] + g * g;
  w = w - lanes.set(step.learning_rate) * g / lanes.sqrt(slots[0] + lanes.set(step.epsilon));
}
