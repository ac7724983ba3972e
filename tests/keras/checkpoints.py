"""A checkpoint of Shoal is a `.weights.h5` of Keras."""

import glob
import json
import os

import h5py
import keras
import numpy as np

import files
import shoal


def loads_into_keras(name, data, compile_step):
    def run(directory):
        x, y = data()
        file = shoal.write_data(os.path.join(directory, "data.h5"), x, y)
        path, kept = os.path.join(directory, "m.keras"), os.path.join(directory, "kept")
        got = shoal.play(
            {"do": "make", "name": name, "seed": 5},
            {"do": "compile", **compile_step},
            {"do": "save", "path": path},
            {"do": "fit", "data": file, "batch_size": 8, "epochs": 2, "checkpoint": kept, "every_batches": 2, "as": "fit"},
            {"do": "predict", "data": file, "as": "predicted"},
            {"do": "weights", "as": "weights"},
        )
        found = sorted(os.path.basename(p) for p in glob.glob(os.path.join(kept, "*")))
        assert found == ["step-4.weights.h5", "step-6.weights.h5"], found
        last = os.path.join(kept, "step-6.weights.h5")
        model = keras.saving.load_model(path)
        model.optimizer.build(model.trainable_variables)
        model.load_weights(last)
        shoal.all_close("weights", shoal.list_of(got["weights"]), model.get_weights(), 0)
        shoal.close("predictions", got["predicted"], model.predict(x, verbose=0), 1e-5)
        assert int(model.optimizer.iterations.value) == 6, int(model.optimizer.iterations.value)
        with h5py.File(last) as f:
            stored = [f[f"optimizer/vars/{i}"][()] for i in range(len(f["optimizer/vars"]))]
            state = json.loads(bytes(f["shoal/state"][()]))
        shoal.all_close("optimizer", [np.asarray(v.value) for v in model.optimizer.variables], stored, 0)
        assert state["training"]["step"] == 6, state
        text = bytes(shoal.play({"do": "describe", "path": last, "as": "text"})["text"]).decode()
        assert "step 6" in text and "sound" in text, text

    return run


def checks():
    cross = {"optimizer": "adam", "loss": "categorical_crossentropy", "metrics": ["accuracy"]}
    sgd = {"optimizer": {"class_name": "SGD", "config": {"momentum": 0.9}}, "loss": "mse", "metrics": []}
    yield "cnn", loads_into_keras("cnn", files.images, cross)
    yield "mlp", loads_into_keras("mlp", files.rows_of_six, sgd)
