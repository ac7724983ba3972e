"""Every check against Keras: main.py PROGRAM [PART-OF-A-NAME], in two processes side by side."""

import os
import re
import subprocess
import sys
import tempfile
import time
import traceback

import keras

import cases
import checkpoints
import files
import shoal
import truth
import value_cases


# Each takes about half of the time.
HALVES = (cases, value_cases), (truth, files, checkpoints)


def main():
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    if "SHOAL_KERAS_HALF" in os.environ:
        return run(HALVES[int(os.environ["SHOAL_KERAS_HALF"])], wanted)
    halves = []
    for half in range(len(HALVES)):
        output = tempfile.TemporaryFile("w+")
        environment = {**os.environ, "SHOAL_KERAS_HALF": str(half)}
        process = subprocess.Popen([sys.executable, *sys.argv], stdout=output, stderr=output, env=environment)
        halves.append((process, output))
    passed = failed = 0
    for process, output in halves:
        code = process.wait()
        output.seek(0)
        *lines, last = output.read().splitlines() or [""]
        counts = re.fullmatch(r"(\d+) passed, (\d+) failed .*", last)
        print(*lines, *([] if counts else [last, f"FAIL half of the checks: it ended with {code}"]), sep="\n")
        passed += int(counts[1]) if counts else 0
        failed += int(counts[2]) if counts else 1
        failed += code != 0 and counts is not None and int(counts[2]) == 0  # it died at its end
    print(f"{passed} passed, {failed} failed (Keras {keras.__version__})")
    return 1 if failed or not passed else 0


def run(modules, wanted):
    shoal.PROGRAM = sys.argv[1]
    assert keras.backend.backend() == "jax", f"the backend must be jax, received {keras.backend.backend()}"
    passed = failed = 0
    for module in modules:
        for name, check in module.checks(wanted) if module is cases else module.checks():
            name = f"{module.__name__}/{name}"
            if wanted not in name:
                continue
            keras.utils.clear_session()
            truth.set_floatx("float32")
            keras.utils.set_random_seed(7)
            begin = time.time()
            try:
                with tempfile.TemporaryDirectory() as directory:
                    note = check(directory)
                passed += 1
                print(f"PASS {name} ({time.time() - begin:.1f} s{', ' + note if note else ''})", flush=True)
            except Exception as error:
                failed += 1
                print(f"FAIL {name}: {' '.join(str(error).split()) or type(error).__name__}", flush=True)
                if not isinstance(error, (AssertionError, shoal.ShoalError)):
                    traceback.print_exc()
    print(f"{passed} passed, {failed} failed (Keras {keras.__version__})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
