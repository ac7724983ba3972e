#!/usr/bin/env python3
"""small_data.py FOLDER: data sets of a few rows in the files that Shoal looks for, so that the examples run anywhere.

Digits are those that come with Shoal; the rest is made up, with something in it to be learned.
"""
import gzip
import io
import json
import pathlib
import random
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def pack(path, members):
    """An npm package with these files."""
    with tarfile.open(path, "w:gz") as tar:
        for name, text in members.items():
            content = text.encode()
            info = tarfile.TarInfo("package/" + name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))


def digits(folder):
    folder.mkdir()
    for path in (ROOT / "cluster/data/mnist-12k").glob("*.gz"):
        (folder / path.stem).write_bytes(gzip.decompress(path.read_bytes()))


def pictures(folder, draw):
    """Six files of 20 pictures, each class of a brightness of its own."""
    folder.mkdir()
    for name in [f"data_batch_{i}" for i in range(1, 6)] + ["test_batch"]:
        labels = [draw.randrange(10) for _ in range(20)]
        rows = [bytes([label]) + bytes(25 * label + draw.randrange(25) for _ in range(3072)) for label in labels]
        (folder / (name + ".bin")).write_bytes(b"".join(rows))


def sentence(words, draw):
    return " ".join(draw.choice(words) for _ in range(12))


def main():
    folder, draw = pathlib.Path(sys.argv[1]), random.Random(1)
    folder.mkdir(parents=True, exist_ok=True)
    digits(folder / "mnist")
    pictures(folder / "cifar10", draw)
    kinds = {"spam-1": "buy now cheap offer win".split(), "easy-ham-1": "meeting list patch thanks code".split()}
    pack(folder / "spam-assassin.tgz", {
        f"data/{kind}/{i:03}.json": json.dumps({"text": f"From: me\nSubject: {sentence(words, draw)}\n\n"
                                                        f"{sentence(words + ['the', 'a'], draw)}\n"})
        for kind, words in kinds.items() for i in range(50)})
    pack(folder / "moby-dick.tgz", {
        f"data/chapter_{i}.json": json.dumps({"text": "\n".join(sentence(["whale", "sea", "the", "ship", "and"], draw)
                                                                for _ in range(60))}) for i in range(1, 3)})
    ratings = [f"{1 + i % 20},{10 * draw.randrange(1, 40)},{draw.choice(['2.5', '3.0', '4.0'])},9" for i in range(800)]
    pack(folder / "movielens-small.tgz",
         {"src/data/ratings_small.csv": "\n".join(["userId,movieId,rating,timestamp"] + ratings) + "\n"})


if __name__ == "__main__":
    main()
