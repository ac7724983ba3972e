"""Jobs over several hosts, each a network namespace: hosts.py BIN WORK. Prints a line PASS or FAIL for each case."""
import os
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import hosts  # noqa: E402

BIN, WORK = (os.path.abspath(path) for path in sys.argv[1:3])
JOB, SHOAL = BIN + "/e2e_job", BIN + "/shoal"
failed = False


def verdict(name, good, log=""):
    global failed
    failed |= not good
    print(("PASS " if good else "FAIL ") + name, flush=True)
    if not good:
        print("\n".join("    " + line for line in log.splitlines()[-20:]), flush=True)


def out(name):
    return f"{WORK}/{name}"


def start(cluster, *arguments):
    return cluster.start("sh0", [SHOAL, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def finish(job, seconds=60):
    """What it printed, and its exit code; none when it had to be ended."""
    try:
        text = job.communicate(timeout=seconds)[0]
        return text, job.returncode
    except subprocess.TimeoutExpired:
        job.kill()
        return job.communicate()[0] + "\nit did not end", None


def job(*arguments):
    return ["run", "--workers", "2", "--servers", "1", *arguments]


def same_bits(cluster):
    reference = subprocess.run([SHOAL, *job(JOB, "--out", out("one"))], capture_output=True, text=True,
                               env=cluster.environment())
    verdict("a job on one host", reference.returncode == 0, reference.stdout + reference.stderr)
    spread = ["--hostfile", cluster.hostfile()]
    for name, options in [("TCP", []), ("TLS", ["--tls"])]:
        text, code = finish(start(cluster, *job(*spread, *options, JOB, "--out", out(name))))
        verdict(f"a job over three hosts, {name}", code == 0, text)
        equal = subprocess.run([JOB, "compare", out("one"), out(name), "0"], capture_output=True, text=True)
        verdict(f"... has the bits of one host's, {name}", equal.returncode == 0, text + equal.stdout + equal.stderr)


def lost_host(cluster):
    running = out("running")
    training = start(cluster, *job("--hostfile", cluster.hostfile(), JOB, "--running", running, "--epochs", "100000"))
    for _ in range(300):
        if os.path.exists(running):
            break
        time.sleep(0.1)
    cluster.cut("sh1")
    text, code = finish(training)
    verdict("a host that is cut off ends the job", code not in (None, 0), text)
    verdict("... which says who is lost", "worker 1" in text, text)
    cluster.heal("sh1")
    deadline = time.time() + 20
    while any(cluster.processes(name) for name in cluster.names) and time.time() < deadline:
        time.sleep(0.2)
    left = {name: cluster.processes(name) for name in cluster.names}
    verdict("... and leaves no process behind", not any(left.values()), str(left))


def doctor(cluster):
    examine = ["doctor", "--hostfile", cluster.hostfile(), "--timeout", "10"]
    text, code = finish(start(cluster, *examine))
    verdict("doctor finds nothing that makes a job over good links fail", code == 0, text)
    cluster.set_rate("sh2", 20)
    text, code = finish(start(cluster, *examine))
    verdict("doctor names the host with a slow link", "warning:" in text and any(
        "sh2" in line for line in text.splitlines() if line.startswith("warning:")), text)
    cluster.cut("sh2")
    text, code = finish(start(cluster, *examine))
    verdict("doctor ends non-zero and names the host that is not reached", code not in (None, 0) and any(
        "sh2" in line for line in text.splitlines() if line.startswith("error:")), text)


def hosts_or_reason():
    if problem := hosts.missing():
        return None, problem
    try:
        simulated = hosts.Hosts(3)
        simulated.set_rate("sh1", 10000)
        return simulated, ""
    except subprocess.CalledProcessError as error:
        return None, f"{' '.join(error.cmd)} failed"


simulated, problem = hosts_or_reason()
if simulated is None:
    print(f"PASS several hosts are left out here: {problem}")
    sys.exit(0)
with simulated:
    same_bits(simulated)
    lost_host(simulated)
    doctor(simulated)
sys.exit(failed)
