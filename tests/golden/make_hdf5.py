"""Makes attributes.h5: every form of text attribute that h5py writes, and objects a reader must refuse."""

import os

import h5py
import numpy as np

here = os.path.dirname(os.path.abspath(__file__))

with h5py.File(os.path.join(here, "attributes.h5"), "w") as f:
    a = f.create_group("text").attrs
    a["scalar_text"] = "größe"
    a["scalar_bytes"] = b"bytes"
    a["list_of_bytes"] = [b"conv2d", b"dense_1"]
    a["list_of_text"] = ["kernel", "bias"]
    a["fixed"] = np.array([b"kernel:0", b"bias:0"])
    a["fixed_scalar"] = np.bytes_(b"tensorflow")
    a["empty_list"] = []
    a["number"] = 3
    f["half"] = np.array([0.5, -2.0], dtype="float16")
    f["big_endian"] = np.arange(4, dtype=">f8")
    f["int"] = np.int64(7)
    f["chunked"] = np.zeros((0,), dtype="float32")
    f.create_dataset("packed", data=np.arange(1000, dtype="float32"), chunks=(100,), compression="gzip")
    f["words"] = np.array([b"not", b"numbers"])
    f["soft"] = h5py.SoftLink("/half")
    f["outside"] = h5py.ExternalLink("/etc/passwd", "/x")
    f.create_dataset("raw_outside", shape=(4,), dtype="float32", external=[("/etc/passwd", 0, 16)])
