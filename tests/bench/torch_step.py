#!/usr/bin/env python3
"""torch_step.py MODEL BATCH THREADS [--sparse]: samples a second of a plain PyTorch loop, as bench_step prints them.

Same shapes, optimizer and loss as networks.cc. --sparse: the table's gradient by rows, its rule SparseAdam (another
rule than Keras's Adam: rows that no batch touches stand still).
"""
import argparse
import os
import time


def build(name, sparse, torch):
    nn, functional = torch.nn, torch.nn.functional

    class Last(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.lstm = nn.Embedding(20000, 128, sparse=sparse), nn.LSTM(128, 64, batch_first=True)
            self.head = nn.Linear(64, 1)

        def forward(self, x):
            return self.head(self.lstm(self.table(x))[0][:, -1])

    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.table, self.positions = nn.Embedding(20000, 32, sparse=sparse), nn.Parameter(torch.rand(200, 32))
            self.projections, self.output = nn.Linear(32, 3 * 64), nn.Linear(64, 32)
            self.norms = nn.ModuleList([nn.LayerNorm(32, eps=1e-6) for _ in range(2)])
            self.inner = nn.Sequential(nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 32))
            self.head, self.drop = nn.Sequential(nn.Linear(32, 20), nn.ReLU(), nn.Dropout(0.1), nn.Linear(20, 2)), nn.Dropout(0.1)

        def forward(self, x):
            x = self.table(x) + self.positions
            rows, steps, _ = x.shape
            query, key, value = self.projections(x).view(rows, steps, 3, 2, 32).permute(2, 0, 3, 1, 4)
            heads = functional.scaled_dot_product_attention(query, key, value)
            x = self.norms[0](x + self.drop(self.output(heads.transpose(1, 2).reshape(rows, steps, 64))))
            x = self.norms[1](x + self.drop(self.inner(x)))
            return self.head(self.drop(x.mean(1)))

    class Block(nn.Module):
        def __init__(self, channels, filters, strides):
            super().__init__()
            self.inner = nn.Sequential(nn.Conv2d(channels, filters, 3, strides, 1), nn.BatchNorm2d(filters), nn.ReLU(),
                                       nn.Conv2d(filters, filters, 3, 1, 1), nn.BatchNorm2d(filters))
            self.past = nn.Conv2d(channels, filters, 1, strides) if strides > 1 else nn.Identity()

        def forward(self, x):
            return functional.relu(self.inner(x) + self.past(x))

    class Wide(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Embedding(1000000, 64, sparse=sparse)
            self.deep = nn.Sequential(nn.Linear(26 * 64, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(), nn.Linear(128, 1))

        def forward(self, x):
            return self.deep(self.table(x).flatten(1))

    if name == "cnn":
        return nn.Sequential(nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                             nn.MaxPool2d(2), nn.Conv2d(64, 64, 3), nn.ReLU(), nn.Flatten(), nn.Linear(1024, 64),
                             nn.ReLU(), nn.Linear(64, 10))
    if name == "lenet":
        return nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(),
                             nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10))
    if name in ("mlp", "bigmlp"):
        sizes = (784, 512, 512) if name == "mlp" else (4096,) * 4
        hidden = [part for a, b in zip(sizes, sizes[1:]) for part in (nn.Linear(a, b), nn.ReLU())]
        return nn.Sequential(*hidden, nn.Linear(sizes[-1], 10))
    if name == "resnet20":
        filters = [(16, 16, 1)] * 3 + [(16, 32, 2)] + [(32, 32, 1)] * 2 + [(32, 64, 2)] + [(64, 64, 1)] * 2
        return nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1), nn.BatchNorm2d(16), nn.ReLU(), *[Block(*f) for f in filters],
                             nn.AvgPool2d(8), nn.Flatten(), nn.Linear(64, 10))
    return {"lstm": Last, "transformer": Attention, "widedeep": Wide}[name]()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("batch", type=int)
    parser.add_argument("threads", type=int)
    parser.add_argument("--sparse", action="store_true")
    arguments = parser.parse_args()
    name, batch, threads = arguments.model, arguments.batch, arguments.threads
    os.environ["OMP_NUM_THREADS"] = str(threads)
    if threads == 1 and os.cpu_count() > 1:
        os.sched_setaffinity(0, {1})
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    model = build(name, arguments.sparse, torch)
    rows = {"cnn": (3, 32, 32), "lenet": (1, 28, 28), "mlp": (784,), "bigmlp": (4096,), "resnet20": (3, 32, 32)}
    ids = {"lstm": (80, 20000), "transformer": (200, 20000), "widedeep": (26, 1000000)}
    batches = []
    for _ in range(8):
        if name in rows:
            batches.append((torch.rand(batch, *rows[name]), torch.randint(0, 10, (batch,))))
        else:
            length, count = ids[name]
            y = torch.randint(0, 2, (batch,))
            batches.append((torch.randint(0, count, (batch, length)),
                            y if name == "transformer" else y.float().unsqueeze(1)))
    binary = name in ("lstm", "widedeep")
    loss = (torch.nn.functional.binary_cross_entropy_with_logits if binary else torch.nn.functional.cross_entropy)
    tables = [value for key, value in model.named_parameters() if arguments.sparse and key == "table.weight"]
    others = [value for key, value in model.named_parameters() if not (arguments.sparse and key == "table.weight")]
    optimizers = [torch.optim.Adam(others, foreach=True)] + ([torch.optim.SparseAdam(tables)] if tables else [])

    def step(number):
        x, y = batches[number % len(batches)]
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        loss(model(x), y).backward()
        for optimizer in optimizers:
            optimizer.step()

    start, steps = time.perf_counter(), 0
    while time.perf_counter() - start < 1 or steps < 3:
        step(steps)
        steps += 1
    rates = []
    for _ in range(5):
        start = time.perf_counter()
        for number in range(steps):
            step(number)
        rates.append(steps * batch / (time.perf_counter() - start))
    rates.sort()
    engine = "torch sparse" if arguments.sparse else "torch"
    print(f"{name}\tb{batch}\t{threads}thr\t{engine}\t{rates[2]:.0f}\t[{rates[0]:.0f}..{rates[-1]:.0f}]", flush=True)


if __name__ == "__main__":
    main()
