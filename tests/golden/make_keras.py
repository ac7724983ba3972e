"""Makes {sequential,functional}.{keras,h5}: models saved by Keras after four steps, and what they predict."""

import os

os.environ["KERAS_BACKEND"] = "jax"

import h5py
import keras
import numpy as np
from keras import layers

here = os.path.dirname(os.path.abspath(__file__))
keras.utils.set_random_seed(3)


def stack():
    return [
        layers.Rescaling(0.5, offset=0.25),
        layers.Conv2D(3, 3, padding="same", strides=2, activation="relu", name="named"),
        layers.MaxPooling2D(2),
        layers.Conv2D(4, (2, 1), use_bias=False),
        layers.Activation("tanh"),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(4, activation="softmax"),
    ]


def sequential():
    return keras.Sequential([keras.Input((9, 9, 2)), *stack()])


def functional():
    x = first = keras.Input((9, 9, 2))
    for layer in stack():
        x = layer(x)
    return keras.Model(first, x)


for make in (sequential, functional):
    rng = np.random.default_rng(4)
    x = rng.normal(0, 1, (16, 9, 9, 2)).astype("float32")
    y = rng.integers(0, 4, 16)
    model = make()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, batch_size=4, verbose=0)
    base = os.path.join(here, make.__name__)
    model.save(base + ".keras")
    with h5py.File(base + ".h5", "w") as f:
        f["x"], f["y"] = x[:5], model.predict(x[:5], verbose=0)
