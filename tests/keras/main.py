"""Every check against Keras: main.py PROGRAM [PART-OF-A-NAME]."""

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


def main():
    shoal.PROGRAM = sys.argv[1]
    wanted = sys.argv[2] if len(sys.argv) > 2 else ""
    assert keras.backend.backend() == "jax", f"the backend must be jax, received {keras.backend.backend()}"
    passed = failed = 0
    for module in (cases, value_cases, truth, files, checkpoints):
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
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
