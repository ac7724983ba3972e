"""Forward, optimizer steps, loss and metrics of one network in Keras and in Shoal, from the same weights."""

import os

import keras
import numpy as np
from keras import layers
from keras.src.backend.common import dtypes

import shoal

TOLERANCE = {"float32": 1e-5, "float64": 1e-9}
IMAGE = (9, 8, 3)


def image(*stack):
    return lambda: [keras.Input(IMAGE), *stack_of(stack), layers.Flatten(), layers.Dense(4, activation="softmax")]


def flat(*stack):
    return lambda: [keras.Input((6,)), *stack_of(stack)]


def stack_of(stack):
    return [make() for make in stack]


L = layers
BINARY = "binary_crossentropy"
SPARSE, CATEGORICAL, MSE = "sparse_categorical_crossentropy", "categorical_crossentropy", "mean_squared_error"
ACCURACY = ["accuracy"]

# name, layers, loss, metrics
MODELS = [
    ("dense_linear", flat(lambda: L.Dense(3)), MSE, ["mean_squared_error"]),
    ("dense_relu", flat(lambda: L.Dense(12, activation="relu"), lambda: L.Dense(3)), MSE, ["mse"]),
    ("dense_no_bias", flat(lambda: L.Dense(8, use_bias=False, activation="tanh"), lambda: L.Dense(1)), MSE, ACCURACY),
    ("dense_softmax", flat(lambda: L.Dense(8, activation="relu"), lambda: L.Dense(4, activation="softmax")), CATEGORICAL, ACCURACY),
    ("dense_sparse", flat(lambda: L.Dense(8, activation="sigmoid"), lambda: L.Dense(4, activation="softmax")), SPARSE, ACCURACY),
    ("dense_logits", flat(lambda: L.Dense(4)), {"class_name": "SparseCategoricalCrossentropy", "config": {"from_logits": True}},
     ["sparse_categorical_accuracy"]),
    ("dense_logits_categorical", flat(lambda: L.Dense(4)),
     {"class_name": "CategoricalCrossentropy", "config": {"from_logits": True}}, ["categorical_accuracy"]),
    ("activations", flat(lambda: L.Dense(8), lambda: L.Activation("tanh"), lambda: L.Dense(8), lambda: L.Activation("sigmoid"),
                         lambda: L.Dense(8), lambda: L.Activation("relu"), lambda: L.Dense(4), lambda: L.Activation("softmax")),
     SPARSE, ACCURACY),
    ("rescaling", flat(lambda: L.Rescaling(0.25, offset=-0.125), lambda: L.Dense(3)), MSE, []),
    ("dropout_zero", flat(lambda: L.Dense(8, activation="relu"), lambda: L.Dropout(0.0), lambda: L.Dense(3)), MSE, []),
    ("dense_regularized", flat(lambda: L.Dense(8, activation="relu", kernel_regularizer=keras.regularizers.L1L2(0.01, 0.02),
                                               activity_regularizer="l2"), lambda: L.Dense(3, bias_regularizer="l1")), MSE, ["mae"]),
    ("binary", flat(lambda: L.Dense(8, activation="tanh"), lambda: L.Dense(2, activation="sigmoid")), BINARY, ["binary_accuracy"]),
    ("smoothed", flat(lambda: L.Dense(4, activation="softmax")),
     {"class_name": "CategoricalCrossentropy", "config": {"label_smoothing": 0.1}}, ACCURACY),
    ("conv_valid", image(lambda: L.Conv2D(5, 3, activation="relu")), CATEGORICAL, ACCURACY),
    ("conv_same", image(lambda: L.Conv2D(5, (3, 2), padding="same", activation="tanh")), SPARSE, ACCURACY),
    ("conv_strides", image(lambda: L.Conv2D(5, 3, strides=2)), SPARSE, ACCURACY),
    ("conv_same_strides", image(lambda: L.Conv2D(5, (2, 3), strides=(2, 3), padding="same", use_bias=False)), SPARSE, ACCURACY),
    ("maxpool", image(lambda: L.Conv2D(4, 2), lambda: L.MaxPooling2D(2)), SPARSE, ACCURACY),
    ("maxpool_same", image(lambda: L.Conv2D(4, 2, activation="relu"), lambda: L.MaxPooling2D((3, 2), strides=(2, 1), padding="same")),
     SPARSE, ACCURACY),
    ("cnn", image(lambda: L.Rescaling(0.5), lambda: L.Conv2D(6, 3, activation="relu"), lambda: L.MaxPooling2D(2),
                  lambda: L.Conv2D(8, 2, activation="relu"), lambda: L.Dropout(0.0)), CATEGORICAL, ACCURACY),
]

# name, class, config
OPTIMIZERS = [
    ("sgd", "SGD", {"learning_rate": 0.05}),
    ("momentum", "SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("nesterov", "SGD", {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True}),
    ("adam", "Adam", {"learning_rate": 0.01}),
    ("amsgrad", "Adam", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-5, "amsgrad": True}),
    ("rmsprop", "RMSprop", {"learning_rate": 0.01, "momentum": 0.5, "centered": True, "epsilon": 1e-3}),
    ("adagrad", "Adagrad", {"learning_rate": {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.1, "decay_steps": 7}}}),
    ("adamw", "AdamW", {"learning_rate": 0.01, "weight_decay": 0.1, "epsilon": 1e-3, "global_clipnorm": 1.0}),
]


def make_data(model, loss, floatx, rows, seed):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (rows, *model.input_shape[1:])).astype(floatx)
    width = model.output_shape[-1]
    if isinstance(loss, dict):
        loss = SPARSE if loss["class_name"].startswith("Sparse") else CATEGORICAL
    labels = rng.integers(0, width, rows).astype("int32")
    if loss == BINARY:
        return x, rng.integers(0, 2, (rows, width)).astype(floatx)
    if loss == MSE:
        return x, rng.normal(0, 1, (rows, width)).astype(floatx)
    return x, labels if loss == SPARSE else np.eye(width, dtype=floatx)[labels]


def set_weights(model, floatx, seed):
    """No bias is zero, so that each counts; small enough that no probability comes near 1e-7, where Keras on JAX clips
    a cross-entropy and Shoal, as Keras on TensorFlow, goes on with the logits of the softmax."""
    rng = np.random.default_rng(seed)
    model.set_weights([rng.normal(0, 0.8 / np.sqrt(max(w[..., 0].size, 4)), w.shape).astype(floatx) for w in model.get_weights()])


def set_floatx(floatx):
    """On JAX, Keras narrows float64 to float32 within some operations (mean, tanh), whatever floatx is, since JAX's own
    default has no 64 bits; here it has, so float64 stays what it is, as on TensorFlow."""
    keras.config.set_floatx(floatx)
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = floatx


def check(row, optimizer, floatx):
    name, stack, loss, metrics = row
    _, optimizer_class, optimizer_config = optimizer

    def run(directory):
        set_floatx(floatx)
        model = keras.Sequential(stack())
        set_weights(model, floatx, 3)
        path = os.path.join(directory, "model.keras")
        model.save(path)
        three = make_data(model, loss, floatx, 12, 5)  # three batches of 4
        uneven = make_data(model, loss, floatx, 10, 6)  # the last batch is short
        steps, more = (shoal.write_data(os.path.join(directory, f), *d) for f, d in (("3.h5", three), ("10.h5", uneven)))
        got = shoal.play(
            {"do": "load", "path": path},
            {"do": "compile", "optimizer": {"class_name": optimizer_class, "config": optimizer_config}, "loss": loss, "metrics": metrics},
            {"do": "predict", "data": steps, "as": "forward"},
            {"do": "evaluate", "data": more, "as": "evaluated"},
            {"do": "fit", "data": steps, "batch_size": 4, "as": "three"},
            {"do": "weights", "as": "weights"},
            {"do": "fit", "data": more, "batch_size": 4, "epochs": 2, "validate": True, "as": "more"},
            {"do": "weights", "as": "last_weights"},
        )
        tolerance = TOLERANCE[floatx]
        worst = shoal.close("forward", got["forward"], model.predict(three[0], verbose=0), tolerance)
        keras_loss = loss if isinstance(loss, str) else keras.losses.deserialize({"module": "keras.losses", "registered_name": None, **loss})
        model.compile(make_optimizer(optimizer_class, optimizer_config), keras_loss, metrics=metrics)
        evaluated = model.evaluate(*uneven, batch_size=4, verbose=0, return_dict=True)
        worst = max(worst, compare_logs("evaluate", got["evaluated"], {k: [v] for k, v in evaluated.items()}, tolerance))
        history = model.fit(*three, batch_size=4, shuffle=False, verbose=0).history
        worst = max(worst, compare_logs("three steps", got["three"], history, tolerance))
        worst = max(worst, shoal.all_close("weights after three steps", shoal.list_of(got["weights"]), model.get_weights(), tolerance))
        history = model.fit(*uneven, batch_size=4, epochs=2, shuffle=False, verbose=0, validation_data=uneven).history
        worst = max(worst, compare_logs("two epochs", got["more"], history, tolerance))
        last = shoal.all_close("weights after two epochs", shoal.list_of(got["last_weights"]), model.get_weights(), 3 * tolerance)
        return f"{max(worst, last):.0e}"

    return run


def make_optimizer(optimizer_class, config):
    rate = config.get("learning_rate")
    if isinstance(rate, dict):
        config = {**config, "learning_rate": getattr(keras.optimizers.schedules, rate["class_name"])(**rate["config"])}
    return getattr(keras.optimizers, optimizer_class)(**config)


def compare_logs(name, got, wanted, tolerance):
    assert sorted(got) == sorted(wanted), f"{name}: logs {sorted(got)}, expected {sorted(wanted)}"
    return max(shoal.close(f"{name}: {key}", got[key], wanted[key], tolerance) for key in wanted)


def checks():
    for floatx in ("float32", "float64"):
        for number, row in enumerate(MODELS):
            yield from [(f"{row[0]}_{o[0]}_{floatx}", check(row, o, floatx)) for o in OPTIMIZERS[3 - 2 * (number % 2) :][:1]]
        for row in (MODELS[1], MODELS[-1]):
            yield from [(f"{row[0]}_{o[0]}_all_{floatx}", check(row, o, floatx)) for o in OPTIMIZERS]
