#!/usr/bin/env python3
"""Steps of Shoal beside Keras on TensorFlow, Keras on JAX and PyTorch, in turns, and a table of them in Markdown.

PEER_PYTHON names a Python with keras, tensorflow-cpu, jax and torch from PyPI; without it Shoal runs alone. Each figure
is the best median of --rounds runs. The last columns: Shoal by the best peer, and two threads by one.
"""
import argparse
import os
import pathlib
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
CASES = ["cnn:32", "lenet:32", "mlp:32", "mlp:128", "bigmlp:32", "lstm:32", "transformer:32", "resnet20:32",
         "widedeep:512"]
PEERS = {"tensorflow": "keras_step.py", "jax": "keras_step.py", "torch": "torch_step.py", "torch sparse": "torch_step.py"}


def command(engine, model, batch, threads, build):
    if engine == "shoal":
        return [f"{build}/bin/bench_step", model, batch, threads]
    words = [os.environ["PEER_PYTHON"], str(FOLDER / PEERS[engine]), model, batch, threads]
    return words + ([engine] if PEERS[engine] == "keras_step.py" else ["--sparse"] if "sparse" in engine else [])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", default=CASES, metavar="MODEL:BATCH")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--build", default=str(FOLDER.parent.parent / "build/release"))
    arguments = parser.parse_args()
    table = []
    for case in arguments.cases:
        model, batch = case.split(":")
        ones = {}
        for threads in arguments.threads:
            engines = ["shoal"]
            if os.environ.get("PEER_PYTHON"):
                # Dense Adam on a table of a million rows takes PyTorch minutes; it has a rule for rows.
                engines += ["tensorflow", "jax", "torch sparse" if model == "widedeep" else "torch"]
            best, share = {}, ""
            for _ in range(arguments.rounds):
                for engine in engines:
                    words = command(engine, model, batch, str(threads), arguments.build)
                    done = subprocess.run(words, capture_output=True, text=True)
                    if done.returncode:
                        print(f"{' '.join(words)}: failed\n{done.stderr[-2000:]}", file=sys.stderr)
                        continue
                    print(done.stdout.strip(), file=sys.stderr, flush=True)
                    parts = done.stdout.strip().split("\t")
                    if float(parts[4]) > best.get(engine, 0):
                        best[engine] = float(parts[4])
                        if engine == "shoal":
                            share = parts[6].split(" ")[0]
            if "shoal" not in best:
                return 1
            ones[threads] = best["shoal"]
            dense = {peer: rate for peer, rate in best.items() if peer in ("tensorflow", "jax", "torch")}
            peer = max(dense, key=dense.get, default="")
            cells = [f"{model} b{batch}", str(threads), f"{best['shoal']:,.0f}", share]
            cells += [f"{best[engine]:,.0f}" if engine in best else "" for engine in PEERS]
            cells += [f"{best['shoal'] / dense[peer]:.1f} × {peer}" if peer else ""]
            cells += [f"{ones[threads] / ones[1]:.2f}" if 1 in ones and threads > 1 else ""]
            table.append("| " + " | ".join(cells) + " |")
    print("| model | threads | Shoal, samples/s | of peak | Keras, TensorFlow | Keras, JAX | PyTorch | PyTorch, rows | "
          "times | by 1 thread |\n|" + "---|" * 10)
    print("\n".join(table))
    return 0


if __name__ == "__main__":
    sys.exit(main())
