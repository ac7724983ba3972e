#!/usr/bin/env python3
"""memory.py [MODEL:BATCH...]: what training adds to a process's resident memory, Shoal beside Keras on TensorFlow.

Counted from the built model and its data to the end of two epochs (VmRSS), and at most in between (VmHWM). PEER_PYTHON
names a Python with keras and tensorflow-cpu from PyPI; without it Shoal runs alone. Prints a table in Markdown.
"""
import argparse
import os
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
CASES = ["cnn:32", "mlp:128", "lstm:32", "transformer:32", "resnet20:32"]


def mebibytes(key):
    with open("/proc/self/status") as file:
        return next(float(line.split()[1]) / 1024 for line in file if line.startswith(key + ":"))


def keras_memory(name, batch, threads):
    """The twin of bench_memory.cc, in a process of its own; prints the same line."""
    os.environ.update(KERAS_BACKEND="tensorflow", TF_CPP_MIN_LOG_LEVEL="3", OMP_NUM_THREADS=str(threads))
    import keras
    import numpy
    import peer_models
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(threads)
    tensorflow.config.threading.set_inter_op_parallelism_threads(min(threads, 2))
    keras.utils.set_random_seed(0)
    model, row, ids, samples, loss = peer_models.network(name, batch)
    generator = numpy.random.default_rng(0)
    if ids:
        x = generator.integers(0, ids, (samples, *row), dtype="int32")
        y = generator.integers(0, 2, (samples,) if name == "transformer" else (samples, 1))
    else:
        x = generator.random((samples, *row), dtype="float32")
        y = generator.integers(0, 10, samples)
    if loss == "categorical_crossentropy":
        y = keras.utils.to_categorical(y, 10)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"], jit_compile=False)
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = mebibytes("VmRSS")
    model.fit(x, y, batch_size=batch, epochs=2, verbose=0)
    print(f"{name}\tb{batch}\t{threads}thr\ttensorflow\t{before:.0f} MiB\t+{mebibytes('VmRSS') - before:.1f} MiB"
          f"\t+{mebibytes('VmHWM') - before:.1f} MiB at most", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=CASES, metavar="MODEL:BATCH")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--build", default=str(FOLDER.parent.parent / "build/release"))
    parser.add_argument("--keras", action="store_true", help="measure Keras here: MODEL:BATCH")
    arguments = parser.parse_args()
    if arguments.keras:
        name, batch = arguments.cases[0].split(":")
        return keras_memory(name, int(batch), arguments.threads)
    python, table = os.environ.get("PEER_PYTHON"), []
    for case in arguments.cases:
        threads = str(arguments.threads)
        commands = [[f"{arguments.build}/bin/bench_memory", *case.split(":"), threads]]
        if python:
            commands.append([python, __file__, "--keras", "--threads", threads, case])
        cells, grown = [case.replace(":", " b")], []
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                sys.exit(f"{' '.join(command)}: failed\n{done.stderr[-2000:]}")
            print(done.stdout.strip(), file=sys.stderr, flush=True)
            before, end, most = (part.split()[0] for part in done.stdout.strip().split("\t")[4:])
            cells += [before, end, most]
            grown.append((float(end), float(most)))
        if python:
            cells.append(" / ".join(f"{ours / theirs:.2f}" for ours, theirs in zip(*grown)))
        table.append("| " + " | ".join(cells) + " |")
    titles = ["model"] + [f"{engine}{what}" for engine in ["Shoal", "TensorFlow"][:len(commands)]
                          for what in (", built, MiB", ": by the end", ": at most")] + ["Shoal by TensorFlow"] * bool(python)
    print("| " + " | ".join(titles) + " |\n|" + "---|" * len(titles) + "\n" + "\n".join(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
