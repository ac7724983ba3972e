"""The data sets of examples/, read from the same files and split as Shoal splits them (model/data)."""
import gzip
import json
import os
import pathlib
import tarfile

import numpy


def find(names, folder=""):
    """The first of the files that is there, in $SHOAL_DATA or in Shoal's cache."""
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "shoal/datasets"
    places = [pathlib.Path(os.environ["SHOAL_DATA"])] if os.environ.get("SHOAL_DATA") else []
    for place in [*places, cache]:
        for name in names:
            for path in (place / name, place / folder / name):
                if path.exists():
                    return path
    raise SystemExit(f"examples.py: none of {', '.join(names)} is in {cache}; the example of Shoal fetches it")


def members(archive, wanted):
    with tarfile.open(archive) as tar:
        for member in tar:
            if wanted(member.name):
                yield member.name, tar.extractfile(member).read()


def mnist():
    def array(name, shape):
        path = find([name, name + ".gz"], "mnist")
        data = gzip.open(path).read() if path.suffix == ".gz" else path.read_bytes()
        return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * len(shape)).reshape(shape)

    return ((array("train-images-idx3-ubyte", (-1, 28, 28)), array("train-labels-idx1-ubyte", (-1,))),
            (array("t10k-images-idx3-ubyte", (-1, 28, 28)), array("t10k-labels-idx1-ubyte", (-1,))))


def cifar10():
    def batch(name):
        path = find([name + ".bin", name + ".png"], "cifar10")
        if path.suffix == ".bin":
            records = numpy.fromfile(path, numpy.uint8).reshape(-1, 3073)
            return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), records[:, 0]
        import tensorflow

        return tensorflow.io.decode_png(path.read_bytes(), channels=3).numpy().reshape(-1, 32, 32, 3), None

    def part(names, labels):
        batches = [batch(name) for name in names]
        y = [b[1] for b in batches]
        if y[0] is None:
            y = [numpy.array(json.loads(find([labels], "cifar10").read_text()), numpy.uint8)]
        return numpy.concatenate([b[0] for b in batches]), numpy.concatenate(y)

    return (part([f"data_batch_{i}" for i in range(1, 6)], "train_lables.json"),
            part(["test_batch"], "test_lables.json"))


def spam_assassin():
    """((texts, classes) to train with, the same to test with)."""
    mails = []
    wanted = lambda name: (name.startswith("package/data/") and name.endswith(".json")
                           and ("ham-" in name or "/spam-" in name))
    for name, content in members(find(["spam-assassin.tgz"]), wanted):
        header, gap, body = json.loads(content)["text"].partition("\n\n")
        subjects = [line[8:] + "\n" for line in header.split("\n") if line.lower().startswith("subject:")]
        mails.append((name, (subjects[-1] if subjects else "") + gap + body, int("/spam-" in name)))
    mails.sort()
    parts = ([m for i, m in enumerate(mails) if i % 5 != 4], mails[4::5])
    return tuple(([m[1] for m in part], numpy.array([[m[2]] for m in part], "int32")) for part in parts)


def moby_dick():
    chapters = {}
    wanted = lambda name: name.startswith("package/data/chapter_") and name.endswith(".json")
    for name, content in members(find(["moby-dick.tgz"]), wanted):
        chapters[int(name.rsplit("_", 1)[1][:-5])] = json.loads(content)["text"]
    return "".join(chapters[number] + "\n\n" for number in sorted(chapters)).encode()


def movielens():
    """(ids (n, 2), stars (n, 1)) to train and to test with, the number of people and of films."""
    wanted = lambda name: name == "package/src/data/ratings_small.csv"
    (_, content), = members(find(["movielens-small.tgz"]), wanted)
    rows = numpy.array([line.split(",")[:3] for line in content.decode().split("\n")[1:] if line.strip()], "float32")
    users, user = numpy.unique(rows[:, 0], return_inverse=True)
    movies, movie = numpy.unique(rows[:, 1], return_inverse=True)
    x, y = numpy.stack([user, movie], 1).astype("int32"), rows[:, 2:]
    testing = numpy.arange(len(x)) % 5 == 4
    return (x[~testing], y[~testing]), (x[testing], y[testing]), len(users), len(movies)
