#!/usr/bin/env python3
"""keras_step.py MODEL BATCH THREADS: samples a second of Keras's own fit on TensorFlow, as bench_step prints them.

Same shapes, optimizer, loss and number of samples as tests/bench/networks.h. Steps are timed from batch to batch,
since TensorFlow's input pipeline may hold up the end of an epoch.
"""
import os
import sys
import time

MODELS = {"cnn": ((32, 32, 3), 4096), "lenet": ((28, 28, 1), 8192), "mlp": ((784,), 16384)}


def build(name, keras):
    shape = MODELS[name][0]
    layers = keras.layers
    stack = [layers.Input(shape)]
    if name == "mlp":
        stack += [layers.Dense(512, activation="relu"), layers.Dense(512, activation="relu")]
    else:
        stack += [layers.Conv2D(32, 3, activation="relu"), layers.MaxPooling2D(2)]
        stack += [layers.Conv2D(64, 3, activation="relu")]
        if name == "cnn":
            stack += [layers.MaxPooling2D(2), layers.Conv2D(64, 3, activation="relu"), layers.Flatten()]
            stack += [layers.Dense(64, activation="relu")]
        else:
            stack += [layers.MaxPooling2D(2), layers.Flatten(), layers.Dropout(0.5)]
    return keras.Sequential(stack + [layers.Dense(10, activation="softmax")])


def main():
    name, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", OMP_NUM_THREADS=str(threads))
    if threads == 1 and os.cpu_count() > 1:
        os.sched_setaffinity(0, {1})
    import keras
    import numpy
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(min(threads, 2))
    keras.utils.set_random_seed(0)
    shape, samples = MODELS[name]
    if name == "mlp" and batch >= 100:
        samples *= 2
    samples = max(samples // batch, 8) * batch
    generator = numpy.random.default_rng(0)
    x = generator.random((samples, *shape), dtype="float32")
    y = generator.integers(0, 10, samples)
    loss = "sparse_categorical_crossentropy"
    if name == "cnn":
        y, loss = keras.utils.to_categorical(y, 10), "categorical_crossentropy"

    class StepTimes(keras.callbacks.Callback):
        rates = []

        def on_epoch_begin(self, epoch, logs=None):
            self.times = []

        def on_train_batch_end(self, number, logs=None):
            self.times.append(time.perf_counter())

        def on_epoch_end(self, epoch, logs=None):
            self.rates.append((len(self.times) - 4) * batch / (self.times[-1] - self.times[3]))

    model = build(name, keras)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"], jit_compile=False)
    start = time.perf_counter()
    model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
    first_epoch = time.perf_counter() - start
    times = StepTimes()
    model.fit(x, y, batch_size=batch, epochs=6, verbose=0, callbacks=[times])
    rates = sorted(times.rates[1:])
    median = rates[len(rates) // 2]
    print(f"{name}\tb{batch}\t{threads}thr\ttensorflow\t{median:.0f}\t[{rates[0]:.0f}..{rates[-1]:.0f}]"
          f"\tfirst epoch {first_epoch:.1f} s", flush=True)


if __name__ == "__main__":
    main()
