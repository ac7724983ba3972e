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


def centered():
    return {"optimizer": keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True, clipvalue=0.5), "loss": "huber"}


def scheduled():
    rate = keras.optimizers.schedules.PolynomialDecay(0.05, 10)
    return {"optimizer": keras.optimizers.Adagrad(rate, weight_decay=0.01), "loss": "mae", "metrics": [keras.metrics.RootMeanSquaredError()]}


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


def two_sides(rows=20):
    rng = np.random.default_rng(3)
    x = {side: rng.normal(0, 1, (rows, 6)).astype("float32") for side in ("left", "right")}
    return x, {"kind": rng.integers(0, 3, (rows,)), "tail": rng.normal(0, 1, (rows, 3)).astype("float32")}


def branched():
    """As shoal_keras makes it: a shared layer, models as layers, operations, two inputs and outputs."""
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    shared = layers.Dense(5, activation="tanh", name="both_sides")
    head = keras.Sequential([keras.Input((5,)), layers.Dense(4, activation="relu"), layers.Dense(3)], name="head")
    inner = keras.Input((5,))
    tail = keras.Model(inner, layers.Dense(3)(inner * 0.5) + layers.Dense(3, use_bias=False)(inner), name="tail")
    a, b = shared(left), shared(right)
    total = a - b / 3.0
    outputs = [layers.Activation("softmax", name="kind")(head(total) + tail(a)), tail(b * total)]
    return keras.Model([right, left], outputs, name="branched")


BRANCHED = {
    "optimizer": {"class_name": "Adam", "config": {"learning_rate": 0.01}},
    "loss": {"kind": "sparse_categorical_crossentropy", "tail": "mean_squared_error"},
    "loss_weights": {"kind": 1.0, "tail": 0.5},
    "metrics": {"kind": ["accuracy"], "tail": ["mse"]},
}


def branched_goes_on(model, directory, path, data):
    x, y = data
    file = shoal.write_data(os.path.join(directory, "on.h5"), x, y)
    got = shoal.play(
        {"do": "load", "path": path},
        {"do": "evaluate", "data": file, "as": "evaluated"},
        {"do": "fit", "data": file, "batch_size": 8, "validate": True, "as": "fit"},
        {"do": "weights", "as": "weights"},
    )
    assert got["stderr"] == "", f"warnings: {got['stderr']}"
    inputs = [x["right"], x["left"]]
    evaluated = model.evaluate(inputs, [y["kind"], y["tail"]], batch_size=4, verbose=0, return_dict=True)
    assert sorted(got["evaluated"]) == sorted(evaluated), f"{sorted(got['evaluated'])}, expected {sorted(evaluated)}"
    for name, value in evaluated.items():
        shoal.close(name, got["evaluated"][name], [value], 1e-5)
    history = model.fit(inputs, [y["kind"], y["tail"]], batch_size=8, shuffle=False, verbose=0,
                        validation_data=(inputs, [y["kind"], y["tail"]])).history
    assert sorted(got["fit"]) == sorted(history), f"logs {sorted(got['fit'])}, expected {sorted(history)}"
    for name, values in history.items():
        shoal.close(name, got["fit"][name], values, 1e-5)
    shoal.all_close("weights after going on", shoal.list_of(got["weights"]), model.get_weights(), 1e-5)


def branched_from_keras(directory):
    x, y = two_sides()
    model = branched()
    model.compile(keras.optimizers.Adam(0.01), **{k: v for k, v in BRANCHED.items() if k != "optimizer"})
    model.fit([x["right"], x["left"]], [y["kind"], y["tail"]], batch_size=8, verbose=0)
    path = os.path.join(directory, "m.keras")
    model.save(path)
    file = shoal.write_data(os.path.join(directory, "data.h5"), x)
    got = shoal.play({"do": "load", "path": path}, {"do": "predict", "data": file, "as": "p"},
                     {"do": "summary", "width": 76, "as": "summary"})
    shoal.all_close("predictions", shoal.list_of(got["p"]), model.predict([x["right"], x["left"]], verbose=0), 1e-5)
    lines = []
    model.summary(line_length=76, print_fn=lambda line, line_break=True: lines.append(line))
    ours, theirs = bytes(got["summary"]).decode().rstrip(), "".join(lines).rstrip()
    # Counts above the optimizer's are the same; Keras has built its optimizer, Shoal not yet used it.
    table = theirs[: theirs.index(" Total params")]
    assert ours.startswith(table), f"summary {ours}, expected {table}"
    branched_goes_on(model, directory, path, (x, y))


def branched_from_shoal(directory):
    x, y = two_sides()
    file, path = shoal.write_data(os.path.join(directory, "data.h5"), x, y), os.path.join(directory, "m.keras")
    got = shoal.play(
        {"do": "make", "name": "branched", "seed": 11},
        {"do": "compile", **BRANCHED},
        {"do": "fit", "data": file, "batch_size": 8, "as": "fit"},
        {"do": "predict", "data": file, "as": "predicted"},
        {"do": "weights", "as": "weights"},
        {"do": "save", "path": path},
    )
    model = keras.saving.load_model(path)
    shoal.all_close("weights", shoal.list_of(got["weights"]), model.get_weights(), 0)
    predicted = model.predict([x["right"], x["left"]], verbose=0)
    shoal.all_close("predictions", shoal.list_of(got["predicted"]), predicted, 1e-5)
    assert int(model.optimizer.iterations.value) == 3
    branched_goes_on(model, directory, path, (x, y))


def random_graph(seed):
    """Layers of one size at random, shared now and then, with several inputs and outputs; stored by place alone."""
    rng = np.random.default_rng(seed)
    tensors = [keras.Input((3,), name=f"in_{i}") for i in range(rng.integers(1, 4))]
    inputs, made = list(tensors), []
    for _ in range(rng.integers(3, 9)):
        if made and rng.random() < 0.3:
            layer = made[rng.integers(len(made))]
        else:
            layer = layers.Dense(3, use_bias=bool(rng.integers(2)), bias_initializer="normal")
            made.append(layer)
        tensor = layer(tensors[rng.integers(len(tensors))])
        if rng.random() < 0.5:
            tensor = tensor + tensors[rng.integers(len(tensors))] * 0.5
        tensors.append(tensor)
    rest = [t for t in tensors if not any(t is i for i in inputs)]
    outputs = [rest[i] for i in sorted(set(rng.integers(0, len(rest), 2)))]
    return keras.Model(inputs, outputs)


def random_graphs(directory):
    for seed in range(12):
        keras.utils.clear_session()
        model = random_graph(seed)
        path, back = os.path.join(directory, f"{seed}.keras"), os.path.join(directory, f"{seed}.back.keras")
        model.save(path)
        rng = np.random.default_rng(seed)
        x = {t.name: rng.normal(0, 1, (5, 3)).astype("float32") for t in model.inputs}
        file = shoal.write_data(os.path.join(directory, f"{seed}.h5"), x)
        got = shoal.play({"do": "load", "path": path}, {"do": "predict", "data": file, "as": "p"},
                         {"do": "weights", "as": "w"}, {"do": "save", "path": back})
        predicted = model.predict(list(x.values()), verbose=0)
        predicted = predicted if isinstance(predicted, list) else [predicted]
        mine = shoal.list_of(got["p"]) if isinstance(got["p"], dict) else [got["p"]]
        shoal.all_close(f"predictions of {seed}", mine, predicted, 1e-5)
        shoal.all_close(f"weights of {seed}", shoal.list_of(got["w"]), model.get_weights(), 0)
        again = keras.saving.load_model(back).predict(list(x.values()), verbose=0)
        shoal.all_close(f"back in Keras, {seed}", again if isinstance(again, list) else [again], predicted, 1e-5)
    return "12 graphs"


def legacy_h5(make, data, compile_options):
    """`model.save("m.h5")`, the whole model in one HDF5 file."""

    def run(directory):
        x, y = data()
        model = make()
        model.compile(**compile_options)
        inputs = [x["right"], x["left"]] if isinstance(x, dict) else x
        model.fit(inputs, list(y.values()) if isinstance(y, dict) else y, batch_size=8, verbose=0)
        path = os.path.join(directory, "m.h5")
        model.save(path)
        file = shoal.write_data(os.path.join(directory, "data.h5"), x)
        got = shoal.play({"do": "load", "path": path}, {"do": "compiled", "as": "compiled"},
                         {"do": "predict", "data": file, "as": "p"}, {"do": "weights", "as": "w"})
        assert got["compiled"][0] == 1 and "starts afresh" in got["stderr"], got["stderr"]
        shoal.all_close("weights", shoal.list_of(got["w"]), model.get_weights(), 0)
        wanted = model.predict(inputs, verbose=0)
        mine = shoal.list_of(got["p"]) if isinstance(got["p"], dict) else [got["p"]]
        shoal.all_close("predictions", mine, wanted if isinstance(wanted, list) else [wanted], 1e-5)

    return run


def words(rows=12):
    rng = np.random.default_rng(5)
    return rng.integers(0, 9, (rows, 6)).astype("int32"), rng.normal(0, 1, (rows, 3)).astype("float32")


def recurrent():
    cells = layers.StackedRNNCells([layers.LSTMCell(4), layers.GRUCell(5), layers.LSTMCell(3)])
    return keras.Sequential(
        [
            keras.Input((6,), dtype="int32"),
            layers.Embedding(9, 5, mask_zero=True),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(4, activation="tanh")),
            layers.GRU(4, return_sequences=True),
            layers.Bidirectional(layers.GRU(3, reset_after=False, return_sequences=True), merge_mode="sum"),
            layers.LSTM(4, return_sequences=True),
            layers.SimpleRNN(4, return_sequences=True),
            layers.RNN(layers.SimpleRNNCell(4), return_sequences=True),
            layers.RNN(cells),
            layers.Dense(3),
        ]
    )


def attentive(use_bias=True):  # a bias of keys changes nothing: training moves it by rounding errors alone
    ids = keras.Input((6,), dtype="int32", name="ids")
    x = layers.Embedding(9, 8, name="table")(ids)
    y = layers.MultiHeadAttention(2, 3, use_bias=use_bias, name="heads")(x, x, use_causal_mask=True)
    x = layers.LayerNormalization()(layers.add([x, y]))
    y = layers.MultiHeadAttention(2, 4, use_bias=False)(x, x)
    return keras.Model(ids, layers.Dense(3)(layers.GlobalAveragePooling1D()(layers.add([x, y]))))


def weights_both_ways(make, data):
    return lambda directory: weights_go_both_ways(directory, make, data)


def weights_go_both_ways(directory, make, data):
    x, y = data()
    model = make()
    model.compile("adam", "mse")
    model.fit(x, y, verbose=0)
    first, path = os.path.join(directory, "m.keras"), os.path.join(directory, "k.weights.h5")
    model.save(first)
    model.set_weights([w + np.linspace(0, 0.5, w.size, dtype=w.dtype).reshape(w.shape) for w in model.get_weights()])
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


def weighed(make, data, compile_options, steps=(), **by_class):
    """Weights of samples (of their steps, where there are), or of classes, in fit; weights of samples in evaluate."""

    def run(directory):
        x, y = data()
        model = make()
        model.compile(**compile_options)
        path = os.path.join(directory, "m.keras")
        model.save(path)
        rows = len(x)
        weights = np.random.default_rng(8).uniform(0, 2, (rows, *steps)).astype("float32")
        file = shoal.write_data(os.path.join(directory, "data.h5"), x, y, w=weights)
        told = {"class_weight": {str(k): v for k, v in by_class["class_weight"].items()}} if by_class else {"sample_weight": "w"}
        got = shoal.play(
            {"do": "load", "path": path},
            {"do": "fit", "data": file, "batch_size": 8, "epochs": 2, "as": "fit", **told},
            {"do": "weights", "as": "weights"},
            {"do": "evaluate", "data": file, "sample_weight": "w", "as": "evaluation"},
        )
        more = by_class or {"sample_weight": weights}
        history = model.fit(x, y, batch_size=8, epochs=2, shuffle=False, verbose=0, **more).history
        evaluation = model.evaluate(x, y, batch_size=4, sample_weight=weights, return_dict=True, verbose=0)
        assert sorted(got["fit"]) == sorted(history), f"logs {sorted(got['fit'])}, expected {sorted(history)}"
        for name, values in history.items():
            if name == "loss" or not steps:  # on JAX, but not on TensorFlow, a mask does not reach fit's metrics
                shoal.close(name, got["fit"][name], values, 1e-5)
            shoal.close(f"evaluated {name}", got["evaluation"][name], [evaluation[name]], 1e-5)
        shoal.all_close("weights", shoal.list_of(got["weights"]), model.get_weights(), 1e-5)

    return run


def classes_of_six(rows=20):
    return rows_of_six(rows)[0], np.random.default_rng(4).integers(0, 3, rows).astype("int32")


def bits_of_six(rows=20):
    return rows_of_six(rows)[0], np.random.default_rng(4).integers(0, 2, (rows, 1)).astype("float32")


def classifier(units, activation):
    return keras.Sequential([keras.Input((6,)), layers.Rescaling(0.1), layers.Dense(5, activation="tanh", kernel_regularizer="l2"),
                             layers.Dense(units, activation=activation)])


def masked_steps():
    return keras.Sequential([keras.Input((6,), dtype="int32"), layers.Embedding(9, 4, mask_zero=True),
                             layers.LSTM(3, return_sequences=True), layers.Dense(2)])


def steps(rows=20):
    return words(rows)[0], np.random.default_rng(6).normal(0, 1, (rows, 6, 2)).astype("float32")


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
    rms = {"optimizer": {"class_name": "RMSprop", "config": {"momentum": 0.6, "centered": True}}, "loss": "mae", "metrics": ["mse"]}
    yield "shoal_saves_mlp_rmsprop", shoal_saves("mlp", rows_of_six, rms)
    rate = {"class_name": "CosineDecay", "config": {"initial_learning_rate": 0.01, "decay_steps": 20}}
    scheduled_adamw = {"optimizer": {"class_name": "AdamW", "config": {"learning_rate": rate, "clipnorm": 1.0}}, "loss": "mse", "metrics": ["mae"]}
    yield "shoal_saves_mlp_schedule", shoal_saves("mlp", rows_of_six, scheduled_adamw)
    yield "keras_saves_rmsprop", keras_saves(sequential, six_layers, (6,), rows_of_six, centered())
    yield "keras_saves_schedule", keras_saves(sequential, six_layers, (6,), rows_of_six, scheduled())
    for make in (sequential, sequential_without_input, functional):
        yield f"keras_saves_{make.__name__}_dense_adam", keras_saves(make, six_layers, (6,), rows_of_six, adam())
        yield f"keras_saves_{make.__name__}_dense_sgd", keras_saves(make, six_layers, (6,), rows_of_six, momentum())
        yield f"keras_saves_{make.__name__}_images", keras_saves(make, image_layers, (32, 32, 3), images, crossentropy(), on=False)
    yield "keras_saves_untrained", untrained
    yield "keras_saves_not_compiled", not_compiled
    yield "keras_saves_other_optimizer", other_optimizer
    yield "refused_layer", refused(lambda: sequential(lambda: [layers.GroupNormalization(2, name="groups")], (5, 2)), "GroupNormalization", "m.keras")
    yield "branched_from_keras", branched_from_keras
    yield "branched_from_shoal", branched_from_shoal
    yield "random_graphs", random_graphs
    legacy = {"optimizer": "adam", "loss": "mean_squared_error"}
    yield "legacy_h5_sequential", legacy_h5(lambda: sequential(six_layers, (6,)), rows_of_six, legacy)
    yield "legacy_h5_functional", legacy_h5(lambda: functional(six_layers, (6,)), rows_of_six, legacy)
    yield "legacy_h5_branched", legacy_h5(
        branched, two_sides, {"optimizer": "adam", "loss": ["sparse_categorical_crossentropy", "mean_squared_error"]})
    yield "weights_both_ways", weights_both_ways(lambda: sequential(six_layers, (6,)), rows_of_six)
    yield "weights_both_ways_recurrent", weights_both_ways(recurrent, words)
    yield "weights_both_ways_attention", weights_both_ways(attentive, words)
    yield "keras_saves_recurrent", keras_saves(lambda *_: recurrent(), None, None, words, adam())
    yield "keras_saves_attention", keras_saves(lambda *_: attentive(use_bias=False), None, None, words, adam())
    yield "wrong_weights", wrong_weights
    both = {"metrics": ["accuracy"], "weighted_metrics": ["accuracy"]}
    sparse = {"optimizer": keras.optimizers.SGD(0.1), "loss": "sparse_categorical_crossentropy", **both}
    yield "sample_weight", weighed(lambda: classifier(3, "softmax"), classes_of_six, sparse)
    yield "class_weight", weighed(lambda: classifier(3, "softmax"), classes_of_six, sparse, class_weight={0: 0.5, 2: 3.0})
    counted = [keras.metrics.AUC(), keras.metrics.Precision(), keras.metrics.Recall(thresholds=0.4)]
    again = [keras.metrics.AUC(curve="PR", name="area"), keras.metrics.Precision(name="weighed"), "binary_accuracy"]
    binary = {"optimizer": keras.optimizers.SGD(0.1), "loss": "binary_crossentropy", "metrics": counted, "weighted_metrics": again}
    yield "sample_weight_counting", weighed(lambda: classifier(1, "sigmoid"), bits_of_six, binary)
    yield "class_weight_counting", weighed(lambda: classifier(1, "sigmoid"), bits_of_six, {**binary, "metrics": [], "weighted_metrics": []},
                                           class_weight={0: 2.0, 1: 0.25})
    masked = {"optimizer": keras.optimizers.SGD(0.1), "loss": "mse", "metrics": ["mse"], "weighted_metrics": ["mae"]}
    yield "sample_weight_masked", weighed(masked_steps, steps, masked, (6,))
