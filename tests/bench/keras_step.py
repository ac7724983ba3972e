#!/usr/bin/env python3
"""keras_step.py MODEL BATCH THREADS tensorflow|jax: samples a second of Keras's own fit, as bench_step prints them.

Same shapes, optimizer, loss and number of samples as networks.cc. Steps are timed from batch to batch, since
TensorFlow's input pipeline may hold up the end of an epoch.
"""
import os
import sys
import time


def main():
    name, batch, threads, backend = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    os.environ.update(KERAS_BACKEND=backend, TF_CPP_MIN_LOG_LEVEL="3", OMP_NUM_THREADS=str(threads))
    if threads == 1 and os.cpu_count() > 1:
        os.sched_setaffinity(0, {1})
    import keras
    import numpy
    import peer_models

    if backend == "tensorflow":
        import tensorflow

        tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
        tensorflow.config.threading.set_inter_op_parallelism_threads(min(threads, 2))
    keras.utils.set_random_seed(0)
    model, row, ids, samples, loss = peer_models.network(name, batch)
    generator = numpy.random.default_rng(0)
    if ids:
        x = generator.integers(0, ids, (samples, *row))
        y = generator.integers(0, 2, (samples,) if name == "transformer" else (samples, 1))
    else:
        x = generator.random((samples, *row), dtype="float32")
        y = generator.integers(0, 10, samples)
    if loss == "categorical_crossentropy":
        y = keras.utils.to_categorical(y, 10)

    class StepTimes(keras.callbacks.Callback):
        rates = []

        def on_epoch_begin(self, epoch, logs=None):
            self.times = []

        def on_train_batch_end(self, number, logs=None):
            self.times.append(time.perf_counter())

        def on_epoch_end(self, epoch, logs=None):
            self.rates.append((len(self.times) - 4) * batch / (self.times[-1] - self.times[3]))

    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"],
                  jit_compile=False if backend == "tensorflow" else "auto")
    start = time.perf_counter()
    model.fit(x, y, batch_size=batch, epochs=1, verbose=0)
    first_epoch = time.perf_counter() - start
    times = StepTimes()
    model.fit(x, y, batch_size=batch, epochs=6, verbose=0, callbacks=[times])
    rates = sorted(times.rates[1:])
    median = rates[len(rates) // 2]
    print(f"{name}\tb{batch}\t{threads}thr\t{backend}\t{median:.0f}\t[{rates[0]:.0f}..{rates[-1]:.0f}]"
          f"\tfirst epoch {first_epoch:.1f} s", flush=True)


if __name__ == "__main__":
    main()
