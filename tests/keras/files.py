"""What Shoal saves, Keras opens; what Keras saves, Shoal opens; training goes on in either."""

import os

import keras
import numpy as np
from keras import layers

import shoal


def images(rows=20):
    rng = np.random.default_rng(1)
    return rng.uniform(0, 1, (rows, 32, 32, 3)).astype("float32"), np.eye(10, dtype="float32")[rng.integers(0, 10, rows)]


def rows_of_six(rows=20):
    rng = np.random.default_rng(2)
    return rng.integers(0, 9, (rows, 6)).astype("float32"), rng.normal(0, 1, (rows, 3)).astype("float32")


def same_training(model, directory, path, data, tolerance=1e-5):
    """Loads `path` into both and trains both on: the optimizer's state must have come along."""
    x, y = data
    file = shoal.write_data(os.path.join(directory, "on.h5"), x, y)
    got = shoal.play(
        {"do": "load", "path": path},
        {"do": "fit", "data": file, "batch_size": 8, "as": "fit"},
        {"do": "weights", "as": "weights"},
    )
    history = model.fit(x, y, batch_size=8, shuffle=False, verbose=0).history
    assert sorted(got["fit"]) == sorted(history), f"logs {sorted(got['fit'])}, expected {sorted(history)}"
    shoal.close("loss", got["fit"]["loss"], history["loss"], tolerance)
    shoal.all_close("weights after going on", shoal.list_of(got["weights"]), model.get_weights(), tolerance)


def shoal_saves(name, data, compile_step, on_tolerance=1e-5):
    def run(directory):
        x, y = data()
        file = shoal.write_data(os.path.join(directory, "data.h5"), x, y)
        path = os.path.join(directory, "m.keras")
        got = shoal.play(
            {"do": "make", "name": name, "seed": 11},
            {"do": "compile", **compile_step},
            {"do": "fit", "data": file, "batch_size": 8, "as": "fit"},
            {"do": "predict", "data": file, "as": "predicted"},
            {"do": "weights", "as": "weights"},
            {"do": "save", "path": path},
        )
        model = keras.saving.load_model(path)
        shoal.all_close("weights", [w for w in shoal.list_of(got["weights"])], model.get_weights(), 0)
        shoal.close("predictions", got["predicted"], model.predict(x, verbose=0), 1e-5)
        assert int(model.optimizer.iterations.value) == 3, f"{int(model.optimizer.iterations.value)} iterations, expected 3"
        assert max(np.abs(np.asarray(v.value)).max() for v in model.optimizer.variables[2:]) > 0, "no optimizer state"
        assert [m for m in model.metrics_names if m != "loss"] or not compile_step["metrics"], "no metrics"
        # Dropout draws differ, so the way on is only compared without it.
        if any(isinstance(layer, layers.Dropout) for layer in model.layers):
            model.fit(x, y, batch_size=8, verbose=0)
        else:
            same_training(model, directory, path, (x, y), on_tolerance)
        again = os.path.join(directory, "again.keras")
        model.save(again)
        back = shoal.play({"do": "load", "path": again}, {"do": "predict", "data": file, "as": "predicted"})
        shoal.close("predictions on the way back", back["predicted"], model.predict(x, verbose=0), 1e-5)

    return run


def six_layers():
    return [
        layers.Rescaling(0.125, offset=-0.5),
        layers.Dense(16, activation="relu", name="my_first"),
        layers.Dense(12, kernel_initializer="he_normal"),
        layers.Activation("tanh"),
        layers.Dense(3, use_bias=False),
    ]


def image_layers():
    return [
        layers.Conv2D(4, 3, strides=2, padding="same", activation="relu"),
        layers.MaxPooling2D((2, 3)),
        layers.Conv2D(6, (2, 3)),
        layers.Activation("relu"),
        layers.Flatten(),
        layers.Dropout(0.4),
        layers.Dense(10, activation="softmax"),
    ]


def sequential(stack, shape):
    return keras.Sequential([keras.Input(shape), *stack()])


def sequential_without_input(stack, shape):
    model = keras.Sequential(stack())
    model.build((None, *shape))
    return model


def functional(stack, shape):
    x = first = keras.Input(shape)
    for layer in stack():
        x = layer(x)
    return keras.Model(first, x)


def keras_saves(make, stack, shape, data, compile_options, on=True):
    def run(directory):
        x, y = data()
        model = make(stack, shape)
        model.compile(**compile_options)
        model.fit(x, y, batch_size=8, verbose=0)
        path = os.path.join(directory, "m.keras")
        model.save(path)
        file = shoal.write_data(os.path.join(directory, "data.h5"), x)
        got = shoal.play({"do": "load", "path": path}, {"do": "predict", "data": file, "as": "predicted"})
        assert got["stderr"] == "", f"warnings: {got['stderr']}"
        shoal.close("predictions", got["predicted"], model.predict(x, verbose=0), 1e-5)
        if on:
            same_training(model, directory, path, (x, y))

    return run


def adam():
    return {"optimizer": keras.optimizers.Adam(0.01), "loss": "mse", "metrics": ["mse"]}


def momentum():
    return {"optimizer": keras.optimizers.SGD(0.01, momentum=0.9, nesterov=True), "loss": keras.losses.MeanSquaredError()}


def crossentropy():
    return {"optimizer": "adam", "loss": keras.losses.CategoricalCrossentropy(), "metrics": [keras.metrics.CategoricalAccuracy()]}


def untrained(directory):
    model = sequential(six_layers, (6,))
    model.compile("adam", "mse")
    path = os.path.join(directory, "m.keras")
    model.save(path)
    same_training(keras.saving.load_model(path), directory, path, rows_of_six())


def not_compiled(directory):
    model = sequential(six_layers, (6,))
    path = os.path.join(directory, "m.keras")
    model.save(path)
    x, _ = rows_of_six()
    file = shoal.write_data(os.path.join(directory, "data.h5"), x)
    got = shoal.play({"do": "load", "path": path}, {"do": "compiled", "as": "compiled"}, {"do": "predict", "data": file, "as": "p"})
    assert got["compiled"][0] == 0
    shoal.close("predictions", got["p"], model.predict(x, verbose=0), 1e-5)


def other_optimizer(directory):
    """What of `compile` is not known gives a warning that names it; predictions still work."""
    model = sequential(six_layers, (6,))
    model.compile(keras.optimizers.Ftrl(), "mse")
    path = os.path.join(directory, "m.keras")
    model.save(path)
    got = shoal.play({"do": "load", "path": path}, {"do": "compiled", "as": "compiled"})
    assert got["compiled"][0] == 0 and "Ftrl" in got["stderr"], got["stderr"]


def refused(make, *words):
    """Shoal must refuse the file with one line that has all the words."""

    def run(directory):
        path = os.path.join(directory, "m.keras")
        make().save(path)
        try:
            shoal.play({"do": "load", "path": path})
        except shoal.ShoalError as error:
            assert str(error).startswith("exit code 1: error: "), str(error)
            assert all(word in str(error) for word in words), f"the message lacks one of {words}: {error}"
            return
        raise AssertionError("the file was read")

    return run


def branched():
    a = keras.Input((6,))
    b = layers.Dense(4, name="left")(a)
    c = layers.Dense(4, name="right")(a)
    return keras.Model(a, layers.Add(name="sum")([b, c]))


def weights_both_ways(directory):
    x, y = rows_of_six()
    model = sequential(six_layers, (6,))
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    first, path = os.path.join(directory, "m.keras"), os.path.join(directory, "k.weights.h5")
    model.save(first)
    model.set_weights([w + 1 for w in model.get_weights()])
    model.save_weights(path)
    back = os.path.join(directory, "s.weights.h5")
    file = shoal.write_data(os.path.join(directory, "data.h5"), x)
    got = shoal.play(
        {"do": "load", "path": first},
        {"do": "load_weights", "path": path},
        {"do": "predict", "data": file, "as": "predicted"},
        {"do": "save_weights", "path": back},
    )
    shoal.close("predictions", got["predicted"], model.predict(x, verbose=0), 1e-5)
    wanted = model.get_weights()
    model.set_weights([w * 0 for w in wanted])
    model.load_weights(back)
    shoal.all_close("weights", model.get_weights(), wanted, 0)


def wrong_weights(directory):
    path, first = os.path.join(directory, "k.weights.h5"), os.path.join(directory, "m.keras")
    sequential(six_layers, (6,)).save(first)
    sequential(six_layers, (7,)).save_weights(path)
    try:
        shoal.play({"do": "load", "path": first}, {"do": "load_weights", "path": path})
    except shoal.ShoalError as error:
        assert "layer 'my_first'" in str(error) and "(6, 16)" in str(error) and "(7, 16)" in str(error), str(error)
        return
    raise AssertionError("the weights were read")


def checks():
    cross = {"optimizer": "adam", "loss": "categorical_crossentropy", "metrics": ["accuracy"]}
    sgd = {"optimizer": {"class_name": "SGD", "config": {"learning_rate": 0.01, "momentum": 0.9}}, "loss": "mse", "metrics": ["mse"]}
    # Adam makes a whole step of a gradient that is all rounding, and this network has some that nearly cancel.
    yield "shoal_saves_cnn", shoal_saves("cnn", images, cross, 1e-4)
    yield "shoal_saves_mlp", shoal_saves("mlp", rows_of_six, sgd)
    for make in (sequential, sequential_without_input, functional):
        yield f"keras_saves_{make.__name__}_dense_adam", keras_saves(make, six_layers, (6,), rows_of_six, adam())
        yield f"keras_saves_{make.__name__}_dense_sgd", keras_saves(make, six_layers, (6,), rows_of_six, momentum())
        yield f"keras_saves_{make.__name__}_images", keras_saves(make, image_layers, (32, 32, 3), images, crossentropy(), on=False)
    yield "keras_saves_untrained", untrained
    yield "keras_saves_not_compiled", not_compiled
    yield "keras_saves_other_optimizer", other_optimizer
    yield "refused_lstm", refused(lambda: sequential(lambda: [layers.LSTM(3, name="memory")], (5, 2)), "LSTM", "m.keras")
    yield "refused_branch", refused(branched, "'left'", "'right'", "chain")
    yield "refused_dilation", refused(lambda: sequential(lambda: [layers.Conv2D(2, 3, dilation_rate=2)], (9, 9, 1)), "Conv2D", "dilation_rate")
    yield "refused_channels", refused(
        lambda: sequential(lambda: [layers.Flatten(data_format="channels_first")], (9, 9, 1)), "Flatten", "data_format")
    yield "weights_both_ways", weights_both_ways
    yield "wrong_weights", wrong_weights
