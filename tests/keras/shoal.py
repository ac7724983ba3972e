"""Runs shoal_keras and compares tensors."""

import json
import os
import subprocess
import tempfile

import h5py
import numpy as np

PROGRAM = None  # set by main.py


class ShoalError(Exception):
    pass


def play(*steps):
    """Plays the steps and returns {name: array or {name: array}}; ShoalError has what the program said."""
    with tempfile.TemporaryDirectory() as directory:
        script, output = os.path.join(directory, "script.json"), os.path.join(directory, "out.h5")
        with open(script, "w") as f:
            json.dump({"output": output, "steps": steps}, f)
        done = subprocess.run([PROGRAM, script], capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise ShoalError(f"exit code {done.returncode}: {done.stderr.strip()}")
        with h5py.File(output) as f:
            result = {name: _value(f[name]) for name in f}
        result["stderr"] = done.stderr
        return result


def _value(item):
    if isinstance(item, h5py.Group):
        return {name: _value(item[name]) for name in item}
    return item[()]


def write_data(path, x, y=None, **more):
    with h5py.File(path, "w") as f:
        for name, data in (("x", x), ("y", y), *more.items()):
            if isinstance(data, dict):
                for part, values in data.items():
                    f[f"{name}/{part}"] = values
            elif data is not None:
                f[name] = data
    return path


def list_of(group):
    return [group[str(i)] for i in range(len(group))]


def close(name, got, wanted, tolerance):
    """|got - wanted| within tolerance of the largest magnitude wanted."""
    got, wanted = np.asarray(got), np.asarray(wanted)
    assert got.shape == wanted.shape, f"{name}: shape {got.shape}, expected {wanted.shape}"
    got, wanted = got.astype("float64"), wanted.astype("float64")
    assert np.isfinite(wanted).all() and np.isfinite(got).all(), f"{name}: not finite"
    scale = max(np.abs(wanted).max(initial=0), 1e-30)
    error = np.abs(got - wanted).max(initial=0) / scale
    assert error <= tolerance, f"{name}: differs by {error:.2e} of its maximum, allowed {tolerance:.0e}"
    return error


def all_close(name, got, wanted, tolerance):
    assert len(got) == len(wanted), f"{name}: {len(got)} tensors, expected {len(wanted)}"
    return max([close(f"{name}[{i}]", g, w, tolerance) for i, (g, w) in enumerate(zip(got, wanted))] or [0])
