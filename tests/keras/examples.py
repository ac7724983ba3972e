#!/usr/bin/env python3
"""examples.py NAME [--epochs N] [--batch-size N] [--rows N] [--seed N]: the example of that name in Keras.

The same model, data, split and hyperparameters as examples/NAME.cc, and the same figure in the last line: what
examples/README.md sets beside Shoal's. Order, initial weights and noise are Keras's own draws.
"""
import argparse
import math
import os
import sys

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import keras
import numpy
from keras import layers

import examples_data


def part(x, rows):
    """So many rows, taken evenly."""
    n = min(rows or len(x), len(x))
    taken = [i * len(x) // n for i in range(n)]
    return [x[i] for i in taken] if isinstance(x, list) else x[taken]


def cut(data, rows):
    return [tuple(part(x, rows) for x in pair) for pair in data]


def fit(model, train, test, options, **more):
    model.fit(*train, epochs=options.epochs, batch_size=options.batch_size, validation_data=test, verbose=2, **more)


def report_accuracy(model, test):
    loss, accuracy = model.evaluate(*test, verbose=0)
    print(f"test loss {loss:.4f}, test accuracy {100 * accuracy:.2f} %")


def convnet(shape, dense_loss):
    model = keras.Sequential([
        layers.Input(shape), layers.Rescaling(1 / 255),
        layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(), layers.Conv2D(64, 3, activation="relu"),
        layers.MaxPooling2D(), layers.Conv2D(64, 3, activation="relu"), layers.Flatten(),
        layers.Dense(64, activation="relu"), layers.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss=dense_loss, metrics=["accuracy"])
    return model


def mnist(options):
    train, test = cut(examples_data.mnist(), options.rows)
    model = convnet((28, 28, 1), "sparse_categorical_crossentropy")
    fit(model, train, test, options)
    report_accuracy(model, test)


def cifar10(options):
    train, test = cut(examples_data.cifar10(), options.rows)
    model = convnet((32, 32, 3), "sparse_categorical_crossentropy")
    fit(model, train, None, options)
    report_accuracy(model, test)


def resnet20_model():
    def convolved(x, filters, size, stride, relu):
        x = layers.Conv2D(filters, size, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal",
                          kernel_regularizer=keras.regularizers.L2(1e-4))(x)
        x = layers.BatchNormalization()(x)
        return layers.Activation("relu")(x) if relu else x

    image = keras.Input((32, 32, 3))
    x = convolved(layers.Rescaling(1 / 127.5, offset=-1)(image), 16, 3, 1, True)
    for filters in (16, 32, 64):
        for block in range(3):
            stride = 2 if filters > 16 and block == 0 else 1
            inner = convolved(convolved(x, filters, 3, stride, True), filters, 3, 1, False)
            shortcut = x if stride == 1 else convolved(x, filters, 1, stride, False)
            x = layers.Activation("relu")(layers.Add()([inner, shortcut]))
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(10, activation="softmax", kernel_initializer="he_normal")(x))


def augmented(images, generator):
    n = len(images)
    padded = numpy.pad(images, ((0, 0), (4, 4), (4, 4), (0, 0)))
    down, right = generator.integers(0, 9, n)[:, None], generator.integers(0, 9, n)[:, None]
    columns = numpy.where(generator.integers(0, 2, n)[:, None] == 1, numpy.arange(32), numpy.arange(31, -1, -1))
    return padded[numpy.arange(n)[:, None, None], (down + numpy.arange(32))[:, :, None], (right + columns)[:, None, :]]


def resnet20(options):
    train, test = cut(examples_data.cifar10(), options.rows)
    model = resnet20_model()
    steps = options.epochs * math.ceil(len(train[0]) / options.batch_size)
    rate = keras.optimizers.schedules.CosineDecay(0.01, steps - steps // 8, warmup_target=0.1, warmup_steps=steps // 8)
    model.compile(optimizer=keras.optimizers.SGD(rate, momentum=0.9, nesterov=True),
                  loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    generator = numpy.random.default_rng(options.seed)
    for epoch in range(options.epochs):
        model.fit(augmented(train[0], generator), train[1], initial_epoch=epoch, epochs=epoch + 1,
                  batch_size=options.batch_size, verbose=2)
    report_accuracy(model, test)


def vectorized_mails(options, length):
    (texts, y), (test_texts, y_test) = cut(examples_data.spam_assassin(), options.rows)
    numbers = layers.TextVectorization(max_tokens=20000, output_sequence_length=length)
    numbers.adapt(texts)
    return (numpy.array(numbers(texts)), y), (numpy.array(numbers(test_texts)), y_test)


def lstm_text(options):
    train, test = vectorized_mails(options, 100)
    model = keras.Sequential([layers.Input((100,), dtype="int32"), layers.Embedding(20000, 128, mask_zero=True),
                              layers.LSTM(64), layers.Dense(1, activation="sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    fit(model, train, test, options)
    report_accuracy(model, test)


@keras.saving.register_keras_serializable()
class PositionEmbedding(layers.Layer):
    def build(self, shape):
        self.embeddings = self.add_weight(shape=shape[1:], initializer="random_uniform", name="embeddings")

    def call(self, x):
        return x + self.embeddings


def transformer_text(options):
    train, test = vectorized_mails(options, 200)
    mail = keras.Input((200,), dtype="int32")
    x = PositionEmbedding()(layers.Embedding(20000, 32)(mail))
    seen = layers.MultiHeadAttention(2, 32)(x, x)
    first = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, layers.Dropout(0.1)(seen)]))
    thought = layers.Dense(32)(layers.Dense(32, activation="relu")(first))
    x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([first, layers.Dropout(0.1)(thought)]))
    x = layers.GlobalAveragePooling1D()(x)
    x = layers.Dense(20, activation="relu")(layers.Dropout(0.1)(x))
    model = keras.Model(mail, layers.Dense(2, activation="softmax")(layers.Dropout(0.1)(x)))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    fit(model, train, test, options)
    report_accuracy(model, test)


def autoencoder(options):
    (clean, _), (clean_test, _) = cut(examples_data.mnist(), options.rows)
    generator = numpy.random.default_rng(options.seed)
    noisy = lambda x: numpy.rint(numpy.clip(x + 102 * generator.standard_normal(x.shape, "float32"), 0, 255)).astype(
        "uint8")[..., None]
    x, x_test = noisy(clean), noisy(clean_test)
    y, y_test = ((c[..., None] / 255).astype("float32") for c in (clean, clean_test))
    conv = lambda kind, filters, activation="relu", **more: kind(filters, 3, padding="same", activation=activation, **more)
    model = keras.Sequential([
        layers.Input((28, 28, 1)), layers.Rescaling(1 / 255), conv(layers.Conv2D, 32),
        layers.MaxPooling2D(padding="same"), conv(layers.Conv2D, 32), layers.MaxPooling2D(padding="same"),
        conv(layers.Conv2DTranspose, 32, strides=2), conv(layers.Conv2DTranspose, 32, strides=2),
        conv(layers.Conv2D, 1, "sigmoid")])
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["mse"])
    fit(model, (x, y), None, options)
    loss, error = model.evaluate(x_test, y_test, batch_size=128, verbose=0)
    before = float(numpy.mean((x_test / 255.0 - y_test) ** 2))
    print(f"test loss {loss:.4f}, mean squared error {error:.4f}, with the noise {before:.4f}")


def char_lm(options):
    text, length = examples_data.moby_dick(), 100
    letters = sorted(set(text))
    table = numpy.zeros(256, "int32")
    table[letters] = range(len(letters))
    ids = table[numpy.frombuffer(text, numpy.uint8)]
    rows = (len(ids) - 1) // length
    x, y = ids[:rows * length].reshape(rows, length), ids[1:rows * length + 1].reshape(rows, length)
    trained = rows - rows // 10
    count = lambda n: min(options.rows or n, n)
    train, test = (slice(0, count(trained)), slice(trained, trained + count(rows - trained)))
    model = keras.Sequential([layers.Input((length,), dtype="int32"), layers.Embedding(len(letters), 64),
                              layers.LSTM(256, return_sequences=True), layers.Dense(len(letters))])
    model.compile(optimizer=keras.optimizers.Adam(0.003),
                  loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
    fit(model, (x[train], y[train]), (x[test], y[test]), options)
    loss, accuracy = model.evaluate(x[test], y[test], verbose=0)
    print(f"test loss {loss:.4f}, perplexity of a character {math.exp(loss):.3f}, test accuracy {100 * accuracy:.2f} %")


def recommender(options):
    train, test, users, movies = examples_data.movielens()
    fames = 8
    counts = numpy.bincount(train[0][:, 1], minlength=movies)
    fame = numpy.minimum(numpy.log2(counts + 1.0).astype("int32"), fames - 1)

    def features(pairs):
        user, movie = pairs[:, :1], pairs[:, 1:]
        return [user, movie, user * fames + fame[movie]]

    (x, y), (x_test, y_test) = cut((train, test), options.rows)
    inputs = [keras.Input((1,), dtype="int32") for _ in range(3)]
    table = lambda ids, size, number: layers.Flatten()(layers.Embedding(ids, size)(number))
    wide = layers.Add()([table(ids, 1, number) for ids, number in zip((users, movies, users * fames), inputs)])
    deep = layers.Concatenate()([table(users, 16, inputs[0]), table(movies, 16, inputs[1])])
    for units in (64, 32):
        deep = layers.Dropout(0.3)(layers.Dense(units, activation="relu")(deep))
    model = keras.Model(inputs, layers.Add()([wide, layers.Dense(1)(deep)]))
    model.compile(optimizer="adam", loss="mse", metrics=[keras.metrics.RootMeanSquaredError()])
    fit(model, (features(x), y), (features(x_test), y_test), options)
    loss, error = model.evaluate(features(x_test), y_test, batch_size=256, verbose=0)
    print(f"test loss {loss:.4f}, root mean squared error {error:.4f} stars")


# Epochs and batch size, as in examples/.
EXAMPLES = {mnist: (3, 32), cifar10: (10, 32), resnet20: (4, 128), lstm_text: (4, 32), transformer_text: (4, 32),
            autoencoder: (3, 128), char_lm: (3, 32), recommender: (10, 256)}


def main():
    by_name = {example.__name__: example for example in EXAMPLES}
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("name", choices=by_name)
    for option, default in (("--epochs", None), ("--batch-size", None), ("--rows", 0), ("--seed", 1)):
        parser.add_argument(option, type=int, default=default)
    options = parser.parse_args()
    example = by_name[options.name]
    options.epochs = options.epochs or EXAMPLES[example][0]
    options.batch_size = options.batch_size or EXAMPLES[example][1]
    keras.utils.set_random_seed(options.seed)
    example(options)


if __name__ == "__main__":
    sys.exit(main())
