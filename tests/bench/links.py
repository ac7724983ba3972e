#!/usr/bin/env python3
"""links.py [--rate MBIT ...] [--model MODEL:BATCH ...]: jobs whose network is the bottleneck.

Every process has a host of its own (network namespaces; needs root), every host a link of that rate in each direction.
A line a job: what a step takes, a step's computing alone, the least time that the traffic takes (docs/architecture.md),
the bound max(computing, traffic) + the first layer's way up and down + a round trip, and step / bound; then the same
job with slices sent in the order in which they came (SHOAL_SEND_ORDER=arrival), and what priority gains.

The rate and the round trip that count are those of plain TCP over the same link in the same run. All hosts share this
machine's cores: where computing is a large part of a step, the servers and the kernel take from it.
"""
import argparse
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/support"))
import hosts as simulated  # noqa: E402

BIN = ROOT / "build/release/bin"
# Bytes of the first layer's weights.
FIRST = {"mlp": 4 * 785 * 512, "cnn": 4 * 896, "lenet": 4 * 320, "resnet20": 4 * (27 * 16 + 48)}
TRIPS, SECONDS = 50, 2


def serve():
    """The far end of `probe`: answers, then reads all that comes and prints its rate without the start."""
    listener = socket.create_server(("0.0.0.0", 7777))
    print("ready", flush=True)
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(TRIPS):
        connection.sendall(connection.recv(64))
    buffer = bytearray(1 << 20)
    first, count, begin = time.monotonic(), 0, None
    while got := connection.recv_into(buffer):
        if begin:
            count += got
        elif time.monotonic() > first + 0.3:
            begin = time.monotonic()
    print(count / (time.monotonic() - begin), flush=True)


def send(address):
    connection = socket.create_connection((address, 7777))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    trips = []
    for _ in range(TRIPS):
        begin = time.monotonic()
        connection.sendall(bytes(64))
        connection.recv(64)
        trips.append(time.monotonic() - begin)
    print(statistics.median(trips), flush=True)
    data, end = bytes(1 << 20), time.monotonic() + SECONDS
    while time.monotonic() < end:
        connection.sendall(data)
    connection.close()


def probe(cluster):
    """What plain TCP does from the first host to the second: bytes a second, seconds of a round trip."""
    this = [sys.executable, str(pathlib.Path(__file__).resolve())]
    far = cluster.start(cluster.names[1], [*this, "--serve"], stdout=subprocess.PIPE, text=True)
    far.stdout.readline()
    near = cluster.start(cluster.names[0], [*this, "--send", cluster.address(cluster.names[1])],
                         stdout=subprocess.PIPE, text=True)
    trip = float(near.communicate()[0])
    return float(far.communicate()[0]), trip


def step_seconds(directory, workers):
    """From batch end to batch end, in the stride of the slowest worker."""
    each = []
    for rank in range(workers):
        times = [float(line) for line in open(os.path.join(directory, str(rank)))]
        times = times[len(times) // 4:]
        each.append((times[-1] - times[0]) / (len(times) - 1))
    return max(each)


def run(cluster, model, batch, workers, servers, order, rate):
    with tempfile.TemporaryDirectory() as directory:
        command = [str(BIN / "shoal"), "run", "--hostfile", cluster.hostfile(), "-w", str(workers), "-s", str(servers),
                   "--threads", "1", "--transport", "tcp", "--explain", f"{rate * 8e-9:.4f}",
                   str(BIN / "bench_job"), model, str(batch), str(workers), str(servers), "--directory", directory,
                   "--epochs", "3"]
        job = cluster.start(cluster.names[0], ["env", f"SHOAL_SEND_ORDER={order}", *command], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)
        output = job.communicate()[0]
        if job.returncode != 0:
            raise SystemExit(f"links.py: the job failed:\n{output}")
        return step_seconds(directory, workers), output


def compute_seconds(model, batch, together):
    """A step of processes that train alone, as many at once as the job has workers: they share this machine's cores."""
    with tempfile.TemporaryDirectory() as directory:
        started = [subprocess.Popen([str(BIN / "bench_job"), model, str(batch), "1", "1", "--directory", directory,
                                     "--epochs", "4", "--index", str(i), "--shoal-threads", "1"])
                   for i in range(together)]
        if any(process.wait() != 0 for process in started):
            raise SystemExit("links.py: a process that trains alone failed")
        return step_seconds(directory, together)


def least_seconds(output):
    """The traffic's least time, in seconds, from what --explain prints."""
    words = output.split("processes of this plan on hosts of their own: ")[1].split(";")[0].split()
    return float(words[0]) * {"us": 1e-6, "ms": 1e-3, "s": 1}[words[1]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, nargs="+", default=[1000, 100], help="of each host's link, Mbit/s")
    parser.add_argument("--model", nargs="+", default=["cnn:32", "resnet20:32"], help="of bench_step, with the batch")
    parser.add_argument("--jobs", nargs="+", default=["2:1", "2:2", "4:2", "2:4", "2:colocated"],
                        help="WORKERS:SERVERS")
    parser.add_argument("--rounds", type=int, default=3, help="jobs of each kind, of which the median counts")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--send", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        return serve()
    if options.send:
        return send(options.send)
    if problem := simulated.missing():
        raise SystemExit(f"links.py: no hosts can be made: {problem}")
    print("| Mbit/s | model | workers + servers | step, ms | computing | traffic | bound | step / bound | by arrival | "
          "priority gains |\n|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for job in options.jobs:
        workers, servers = job.split(":")
        with simulated.Hosts(int(workers) + (0 if servers == "colocated" else int(servers))) as cluster:
            for megabits in options.rate:
                for name in cluster.names:
                    cluster.set_rate(name, megabits)
                rate, trip = probe(cluster)
                for model in options.model:
                    compare(cluster, model, int(workers), servers, megabits, rate, trip, options.rounds)


def compare(cluster, text, workers, servers, megabits, rate, trip, rounds):
    model, batch = text.split(":")
    alone = compute_seconds(model, batch, workers)
    times = {"priority": [], "arrival": []}
    for _ in range(rounds):
        for order, found in times.items():
            seconds, output = run(cluster, model, batch, workers, servers, order, rate)
            found.append(seconds)
    step, arrival = (statistics.median(times[order]) for order in ("priority", "arrival"))
    traffic = least_seconds(output)
    sharers = 1 if servers == "colocated" else min(int(servers), workers)
    first = 2 * FIRST[model] * workers / sharers / rate  # up, then down
    bound = max(alone, traffic) + first + trip
    print(f"| {megabits:g} (TCP {rate * 8e-6:.0f}) | {text} | {workers} + {servers} | {step * 1e3:.1f} | "
          f"{alone * 1e3:.1f} | {traffic * 1e3:.1f} | {bound * 1e3:.1f} | {step / bound:.2f} | {arrival * 1e3:.1f} | "
          f"{arrival / step - 1:+.1%} |", flush=True)


if __name__ == "__main__":
    main()
