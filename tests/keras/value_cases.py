"""The rows of tests/cases/{losses,metrics,optimizers,schedules,initializers}.json in Keras and in Shoal.

As in cases.py, Keras computes in float64 and Shoal's float64 and float32 are held against it."""

import json
import os

import h5py
import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras.src.backend.common.masking import set_keras_mask

import cases
import shoal
import truth

ROWS, STEPS = 4, 5
SHAPES = [(3, 4), (5,), ()]  # of an optimizer's weights


def single(values):
    """Numbers that float32 holds."""
    return np.asarray(values).astype("float32").astype("float64")


def make(kind, shape, rng):
    """Values of one batch: `shape` is that of a row's predictions."""
    shape = (ROWS, *shape)
    labels = rng.integers(0, shape[-1], shape[:-1])
    if kind == "real":
        return single(rng.normal(0, 1.5, shape))
    if kind == "unit":
        return single(rng.uniform(0.05, 0.95, shape))
    if kind == "bits":
        return single(rng.integers(0, 2, shape))
    if kind == "labels":
        return labels.astype("int32")
    if kind == "one_hot":
        return single(np.eye(shape[-1])[labels])
    assert kind == "probabilities", kind
    values = np.exp(rng.normal(0, 1, shape))
    return single(values / values.sum(-1, keepdims=True))


def described(module, object):
    """Keras's object with its module, and those within."""
    config = {k: described("keras.optimizers.schedules", v) if isinstance(v, dict) else v for k, v in object["config"].items()}
    return {"module": module, "registered_name": None, "class_name": object["class_name"], "config": config}


def make_again(module, object):
    return keras.saving.deserialize_keras_object(described(module, object))


def rounded(config):
    """Learning rates are float32 in a config."""
    if isinstance(config, dict):
        return {k: rounded(v) for k, v in config.items()}
    if isinstance(config, list):
        return [rounded(v) for v in config]
    return float(f"{config:.6g}") if isinstance(config, (int, float)) and not isinstance(config, bool) else config


class Case:
    """One row: what Keras gives, by the names of shoal_keras, and what Shoal is told besides `object` and values."""

    module = None

    def __init__(self, kind, row):
        self.row, self.kind, self.more = row, kind, {}
        self.object = {"class_name": row[kind], "config": row["config"]}
        self.keras = make_again(self.module, self.object)
        self.data = {}

    def check(self, got, wanted, tolerance):
        if "error" in got:
            raise AssertionError(cases.text(got["error"]))
        made = make_again(self.module, json.loads(cases.text(got.pop("config"))))
        configs = [json.dumps(rounded(cases.comparable(o.get_config())), sort_keys=True) for o in (made, self.keras)]
        assert configs[0] == configs[1], f"config {configs[0]}, expected {configs[1]}"
        assert sorted(got) == sorted(wanted), f"values {sorted(got)}, expected {sorted(wanted)}"
        return max(self.close(key, got[key], wanted[key], tolerance) for key in wanted)

    def close(self, key, got, wanted, tolerance):
        return shoal.close(key, got, wanted, tolerance)


class Values(Case):
    def fill(self, rng):
        self.data = {name: make(self.row[name], self.row["shape"], rng) for name in ("y_true", "y_pred")}
        if self.row.get("mask"):
            self.data["mask"] = (rng.integers(0, 3, (ROWS, self.row["shape"][0])) > 0).astype("uint8")


        if "weights" in self.row:
            self.data["sample_weight"] = single(rng.uniform(0.1, 2, (ROWS, *self.row["weights"])))


class Loss(Values):
    module = "keras.losses"

    def truth(self):
        def value(y_pred):
            if "mask" in self.data:
                set_keras_mask(y_pred, jnp.asarray(self.data["mask"].astype(bool)))
            return self.keras(self.data["y_true"], y_pred)

        value, gradient = jax.value_and_grad(value)(jnp.asarray(self.data["y_pred"]))
        return {"value": value, "planned_value": value, "gradient": gradient, "planned_gradient": gradient}


class Metric(Values):
    module = "keras.metrics"

    def truth(self):
        y_pred = jnp.asarray(self.data["y_pred"])
        if "mask" in self.data:
            set_keras_mask(y_pred, jnp.asarray(self.data["mask"].astype(bool)))
        self.keras.update_state(self.data["y_true"], y_pred, self.data.get("sample_weight"))
        return {"value": [self.keras.result()]}


class Optimizer(Case):
    module = "keras.optimizers"

    def fill(self, rng):
        for i, shape in enumerate(SHAPES):
            self.data[f"weight{i}"] = single(rng.normal(0, 1, shape))
            self.data.update({f"gradient{s}_{i}": single(rng.normal(0, 0.5, shape)) for s in range(STEPS)})

    def truth(self):
        weights = [keras.Variable(self.data[f"weight{i}"]) for i in range(len(SHAPES))]
        for step in range(STEPS):
            self.keras.apply([jnp.asarray(self.data[f"gradient{step}_{i}"]) for i in range(len(SHAPES))], weights)
        return {f"weight{i}": w.value for i, w in enumerate(weights)}


class Schedule(Case):
    module = "keras.optimizers.schedules"

    def fill(self, rng):
        self.more = {"steps": 30}

    def truth(self):
        return {"value": [float(self.keras(i)) for i in range(self.more["steps"])]}


class Initializer(Case):
    """Draws differ; mean, spread and limits must not."""

    module = "keras.initializers"

    def fill(self, rng):
        self.more = {"shape": self.row["shape"]}

    def truth(self):
        return {"value": self.keras(self.row["shape"])}

    def close(self, key, got, wanted, tolerance):
        if "seed" not in self.keras.get_config():
            return shoal.close(key, got, wanted, tolerance)
        shoal.close("mean", [got.mean()], [np.mean(wanted)], np.inf)
        spread, size = np.std(wanted), np.sqrt(got.size)
        assert abs(got.mean() - np.mean(wanted)) < 6 * spread / size, f"mean {got.mean()}, Keras {np.mean(wanted)}"
        assert abs(got.std() - spread) < 6 * spread / size, f"spread {got.std()}, Keras {spread}"
        if self.row["initializer"] == "Orthogonal":
            matrices = [np.reshape(v, (-1, v.shape[-1])).astype("float64") for v in (got, np.asarray(wanted))]
            squares = [m.T @ m if m.shape[0] >= m.shape[1] else m @ m.T for m in matrices]
            return shoal.close("products", squares[0], squares[1], 1e-6)
        limits = np.abs(got).max(), np.abs(wanted).max()
        assert 0.7 < limits[0] / limits[1] < 1.4, f"largest {limits[0]}, Keras {limits[1]}"
        return 0


FILES = {"losses": ("loss", Loss), "metrics": ("metric", Metric), "optimizers": ("optimizer", Optimizer),
         "schedules": ("schedule", Schedule), "initializers": ("initializer", Initializer)}


def run_file(file, kind, make_case):
    """All rows of one file; the failure names each that fails."""

    def run(directory):
        truth.set_floatx("float64")
        with open(os.path.join(cases.CASES, file + ".json")) as f:
            rows = json.load(f)
        made, truths = {}, {}
        data = os.path.join(directory, "values.h5")
        with h5py.File(data, "w") as f:
            for number, row in enumerate(rows, 1):
                case = made[str(number)] = make_case(kind, row)
                case.fill(np.random.default_rng(number))
                f.require_group(str(number))
                for name, value in case.data.items():
                    f[f"{number}/{name}"] = value
                truths[str(number)] = {k: np.asarray(v) for k, v in case.truth().items()}
        failed, worst = [], 0
        for floatx in ("float64", "float32"):
            told = [{"place": p, "kind": kind, "object": c.object, "dtype": floatx, **c.more} for p, c in made.items()]
            got = shoal.play({"do": "value_cases", "data": data, "rows": told})
            for place, case in made.items():
                try:
                    error = case.check(got[place], truths[place], truth.TOLERANCE[floatx])
                    worst = max(worst, error / truth.TOLERANCE[floatx])
                except Exception as error:
                    failed.append(f"row {place} ({case.object['class_name']}, {floatx}): {error}")
        assert not failed, "; ".join(failed)
        return f"{len(made)} rows, {worst:.0e} of what is allowed"

    return run


def checks():
    for file, (kind, make_case) in FILES.items():
        yield file, run_file(file, kind, make_case)
