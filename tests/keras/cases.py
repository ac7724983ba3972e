"""The rows of tests/cases/layers_*.json: every layer in Keras and in Shoal from the same weights and inputs.

Keras computes in float64, from numbers that float32 holds exactly; Shoal's float64 and its float32 are both held against it."""

import glob
import json
import os

import h5py
import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src.backend.common.masking import get_keras_mask, set_keras_mask

import shoal
import truth

ROWS, STEPS = 3, 3
CASES = os.path.join(os.path.dirname(__file__), "..", "cases")
CELLS = (keras.layers.SimpleRNNCell, keras.layers.LSTMCell, keras.layers.GRUCell, keras.layers.StackedRNNCells)
MODULES = (keras.layers, keras.regularizers, keras.initializers, keras.constraints)


def read_rows():
    for path in sorted(glob.glob(os.path.join(CASES, "layers_*.json"))):
        family = os.path.basename(path)[len("layers_") : -len(".json")]
        with open(path) as f:
            for number, row in enumerate(json.load(f), 1):
                if row.get("drawn"):
                    continue  # Keras draws other numbers
                yield f"{family}_{number}_{row['layer']}", row


def for_each_input(row, key):
    value = row.get(key, 0)
    return value if isinstance(value, list) else [value] * len(row["inputs"])


def described(value):
    """Objects of class_name and config as Keras writes them: with their module."""
    if isinstance(value, list):
        return [described(v) for v in value]
    if not isinstance(value, dict):
        return value
    value = {k: described(v) for k, v in value.items()}
    if "class_name" in value:
        found = [m for m in MODULES if hasattr(m, value["class_name"])]
        value = {"module": found[0].__name__.replace(".api", ""), "registered_name": None, "config": {}, **value}
    return value


def comparable(config):
    """A config without what two layers of one kind may differ in: names and dtypes."""
    if isinstance(config, dict):
        return {k: comparable(v) for k, v in config.items() if k not in ("name", "dtype", "build_config", "registered_name", "module")}
    return [comparable(v) for v in config] if isinstance(config, (list, tuple)) else config


class Case:
    def __init__(self, place, row):
        self.place, self.row = place, row
        self.arguments = dict(row.get("call", {}))
        self.training = self.arguments.pop("training", False)
        self.differentiable = row.get("differentiable", True)

    def build(self):
        rng = np.random.default_rng(len(self.place) + 7 * len(self.row["inputs"]))
        real = lambda shape, scale: (rng.normal(0, scale, shape)).astype("float32").astype("float64")
        shapes = [(ROWS, *shape) for shape in self.row["inputs"]]
        self.inputs = [
            rng.integers(0, n, shape).astype("int32") if n else real(shape, 1) for shape, n in zip(shapes, for_each_input(self.row, "integers"))
        ]
        self.masks = [rng.integers(0, 3, shape[:2]) > 0 if m else None for shape, m in zip(shapes, for_each_input(self.row, "mask"))]
        for mask in self.masks:
            if mask is not None:
                mask[:, 0] = True
        self.layer = keras.layers.deserialize(described({"class_name": self.row["layer"], "config": self.row.get("config", {})}))
        self.call([keras.Input(batch_shape=x.shape, dtype=x.dtype.name) for x in self.inputs], {})
        for v in self.layer.weights:
            v.assign(np.abs(real(v.shape, 0.5)) + 0.5 if "variance" in v.name else real(v.shape, 0.5))
        self.weights = [np.asarray(v.value) for v in self.layer.weights]
        outputs = jax.eval_shape(lambda: self.evaluate(self.training)[0])
        self.mixes = [real(output.shape, 1) for output in outputs]

    def call(self, inputs, options):
        """As Keras wants several inputs: by position, as states or as a list."""
        if isinstance(self.layer, keras.layers.MultiHeadAttention):
            masks = {"attention_mask": inputs[3]} if len(inputs) > 3 else {}
            return self.layer(*inputs[:3], **masks, **self.arguments, **options)
        if isinstance(self.layer, (keras.layers.RNN, keras.layers.Bidirectional)) and len(inputs) > 1:
            return self.layer(inputs[0], initial_state=inputs[1:], **self.arguments, **options)
        if isinstance(self.layer, CELLS):
            return self.layer(inputs[0], self.states(inputs[1:]), **self.arguments, **options)
        return self.layer(inputs[0] if len(inputs) == 1 else inputs, **self.arguments, **options)

    def states(self, inputs):
        if not isinstance(self.layer, keras.layers.StackedRNNCells):
            return inputs
        left = list(inputs)
        return [[left.pop(0) for _ in range(2 if isinstance(c, keras.layers.LSTMCell) else 1)] for c in self.layer.cells]

    def evaluate(self, training, trained=None, others=None, inputs=None):
        """Outputs, the first one's mask, other variables afterwards and the sum of the layer's losses."""
        value = lambda variables: [v.value for v in variables]
        trained = value(self.layer.trainable_variables) if trained is None else trained
        others = value(self.layer.non_trainable_variables) if others is None else others
        inputs = [jnp.asarray(x) for x in (self.inputs if inputs is None else inputs)]
        for x, mask in zip(inputs, self.masks):
            if mask is not None:
                set_keras_mask(x, jnp.asarray(mask))
        options = {"training": training} if self.layer._call_has_training_arg else {}
        variables = self.layer.trainable_variables + self.layer.non_trainable_variables
        with keras.StatelessScope(list(zip(variables, trained + others)), collect_losses=True) as scope:
            outputs, losses = self.call(inputs, options), self.layer.losses
        others = [scope.get_current_value(v) for v in self.layer.non_trainable_variables]
        outputs = keras.tree.flatten(outputs)
        return outputs, get_keras_mask(outputs[0]), others, sum(losses)

    def loss(self, trained, others, inputs):
        outputs, _, others, losses = self.evaluate(self.training, trained, others, inputs)
        terms = [jnp.sum(o * m) for o, m in zip(outputs, self.mixes) if jnp.issubdtype(o.dtype, jnp.floating)]
        return sum(terms) + losses, (outputs, others)

    def truth(self):
        """What Shoal must write, by the names of shoal_keras."""
        values = lambda variables: [v.value for v in variables]
        trained, others = values(self.layer.trainable_variables), values(self.layer.non_trainable_variables)
        real = [i for i, x in enumerate(self.inputs) if x.dtype == "float64"]

        def forward(trained, others, inputs):
            outputs, mask, _, _ = self.evaluate(False, trained, others, inputs)
            return outputs, mask

        def step(trained, others, inputs):
            if not self.differentiable:
                outputs, _, others, _ = self.evaluate(self.training, trained, others, inputs)
                return outputs, others, [], []
            with_real = lambda t, r: self.loss(t, others, [r[real.index(i)] if i in real else x for i, x in enumerate(inputs)])
            (_, (outputs, after)), (by_trained, by_real) = jax.value_and_grad(with_real, (0, 1), has_aux=True)(trained, [inputs[i] for i in real])
            return outputs, after, by_trained, by_real

        both = jax.jit(lambda *a: (forward(*a), step(*a)))
        (outputs, mask), (own, _, by_trained, by_real) = both(trained, others, self.inputs)
        result = {f"forward{i}": v for i, v in enumerate(outputs)}
        if mask is not None:
            result["forward_mask"] = mask
        for name in ("output", "planned_output"):
            result.update({f"{name}{i}": v for i, v in enumerate(own)})
        for name in ("input_gradient", "planned_input_gradient"):
            result.update({f"{name}{i}": v for i, v in zip(real, by_real)})
        result.update({f"weight_gradient{i}": v for i, v in enumerate(by_trained)})
        for name, optimizer in (("sgd", keras.optimizers.SGD(0.05)), ("adam", keras.optimizers.Adam(0.01, epsilon=0.01))):
            train = Training(optimizer, trained, [v.constraint for v in self.layer.trainable_variables])
            now = others
            for _ in range(STEPS):
                _, (_, now, gradients, _) = both(train.weights, now, self.inputs)
                train.apply(gradients)
            after = {v.path: w for v, w in zip(self.layer.trainable_variables, train.weights)}
            after.update({v.path: w for v, w in zip(self.layer.non_trainable_variables, now)})
            result.update({f"{name}_weight{i}": after[v.path] for i, v in enumerate(self.layer.weights)})
        return {name: np.asarray(value) for name, value in result.items()}

    def check(self, name, got, wanted, tolerance):
        if "error" in got:
            raise AssertionError(text(got["error"]))
        made = keras.layers.deserialize(described({"class_name": self.row["layer"], "config": json.loads(text(got.pop("config")))}))
        # Keras fills in some options when it builds a layer: either form is right.
        plain = keras.layers.deserialize(described({"class_name": self.row["layer"], "config": self.row.get("config", {})}))
        config, *right = [json.dumps(comparable(layer.get_config()), sort_keys=True) for layer in (made, plain, self.layer)]
        assert config in right, f"config {config}, expected {right[0]}"
        assert sorted(got) == sorted(wanted), f"values {sorted(got)}, expected {sorted(wanted)}"
        largest = max([np.abs(v).max(initial=0) for k, v in wanted.items() if "gradient" in k] or [0])
        zero = max(1e-9, self.row.get("tolerance", {}).get("float64", 0)) * largest
        worst = 0
        for key, value in wanted.items():
            if "gradient" in key and np.abs(value).max(initial=0) < zero:  # zero but for rounding
                assert np.abs(got[key]).max(initial=0) <= tolerance * largest, f"{key} should be zero"
                continue
            worst = max(worst, shoal.close(key, got[key], value, tolerance))
        return worst


class Training:
    """A real optimizer of Keras on all weights in one vector, so that its arithmetic is compiled once for most layers."""

    compiled = {}

    def __init__(self, optimizer, weights, constraints):
        self.constraints = constraints
        self.shapes = [w.shape for w in weights]
        self.size = -(-sum(int(np.prod(s)) for s in self.shapes) // 4096) * 4096
        key = (optimizer.name, self.size)
        if key not in self.compiled and self.size:
            optimizer.build([keras.Variable(np.zeros(self.size))])
            self.compiled[key] = jax.jit(optimizer.stateless_apply), [v.value for v in optimizer.variables]
        self.step, self.state = self.compiled.get(key, (None, None))
        self.flat = self.join(weights)

    def join(self, values):
        flat = [np.ravel(np.asarray(v)) for v in values]
        flat = np.concatenate(flat) if flat else np.zeros(0)
        return jnp.asarray(np.pad(flat, (0, self.size - len(flat))))

    def apply(self, gradients):
        if gradients:
            (self.flat,), self.state = self.step(self.state, [self.join(gradients)], [self.flat])
            if any(self.constraints):
                self.flat = self.join([c(w) if c else w for c, w in zip(self.constraints, self.weights)])

    @property
    def weights(self):
        flat, begin, result = np.asarray(self.flat), 0, []
        for shape in self.shapes:
            count = int(np.prod(shape))
            result.append(jnp.asarray(flat[begin : begin + count].reshape(shape)))
            begin += count
        return result


def text(values):
    return bytes(values).decode()


class Batch:
    """All rows, computed by Keras once and by one start of shoal_keras for each dtype; checks take their row out of it."""

    def __init__(self, wanted):
        truth.set_floatx("float64")
        self.cases, self.errors, self.truths, self.got = {}, {}, {}, {}
        for place, row in wanted:
            try:
                case = self.cases[place] = Case(place, row)
                case.build()
                self.truths[place] = case.truth()
            except Exception as error:
                self.errors[place] = error

    def play(self, directory):
        data = os.path.join(directory, "cases.h5")
        ready = [c for p, c in self.cases.items() if p not in self.errors]
        with h5py.File(data, "w") as f:
            for case in ready:
                for name in ("input", "mix", "weight", "mask"):
                    for i, value in enumerate(getattr(case, name + ("es" if name == "mix" else "s"))):
                        if value is not None:
                            f[f"{case.place}/{name}{i}"] = value.astype("uint8") if value.dtype == bool else value
                f.require_group(case.place)
        for floatx in ("float64", "float32"):
            rows = [
                {
                    "place": c.place,
                    "class": c.row["layer"],
                    "config": c.row.get("config", {}),
                    "dtype": floatx,
                    "inputs": len(c.inputs),
                    "masks": [i for i, m in enumerate(c.masks) if m is not None],
                    "training": c.training,
                    "arguments": c.arguments,
                    "differentiable": c.differentiable,
                }
                for c in ready
            ]
            try:
                self.got[floatx] = shoal.play({"do": "layer_cases", "data": data, "rows": rows})
            except shoal.ShoalError:  # a row ended the program: each by itself shows which
                self.got[floatx] = {}
                for row in rows:
                    try:
                        self.got[floatx].update(shoal.play({"do": "layer_cases", "data": data, "rows": [row]}))
                    except shoal.ShoalError as error:
                        self.errors[row["place"]] = error


batch = None


def checks(wanted=""):
    rows = [(place, row) for place, row in read_rows() if wanted in f"cases/{place}"]

    def check(place):
        def run(directory):
            global batch
            if batch is None:
                batch = Batch(rows)
                batch.play(directory)
            truth.set_floatx("float64")
            if place in batch.errors:
                raise batch.errors[place]
            case, worst = batch.cases[place], []
            allowed = {**truth.TOLERANCE, **case.row.get("tolerance", {})}
            for floatx in ("float64", "float32"):
                try:
                    worst.append(case.check(place, batch.got[floatx][place], batch.truths[place], allowed[floatx]))
                except AssertionError as error:
                    raise AssertionError(f"{floatx}: {error}") from None
            return " ".join(f"{w:.0e}" for w in worst)

        return run

    for place, _ in rows:
        yield place, check(place)
