"""Several hosts on one machine: network namespaces on a bridge, each with a name and an address of its own.

As a program it is what mpirun starts instead of ssh: hosts.py [OPTION...] HOST COMMAND...
Needs root and iproute2.
"""
import contextlib
import fcntl
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile

NETWORK = "10.78.0"
BRIDGE = "shoalbr0"


def missing():
    """What keeps hosts from being made here, or an empty text."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool in ("ip", "tc", "unshare"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    test = subprocess.run(["unshare", "--net", "--uts", "true"], capture_output=True, text=True)
    return test.stderr.strip()


def command_on(host, command, directory=None):
    """The command, to be started on a host."""
    line = f"hostname {host}; cd {shlex.quote(directory or os.getcwd())}; exec bash -c {shlex.quote(command)}"
    return ["ip", "netns", "exec", host, "unshare", "--uts", "bash", "-c", line]


class Hosts:
    """Hosts named sh0, sh1, ... until `close`; one set of them at a time."""

    def __init__(self, count):
        self.names = [f"sh{i}" for i in range(count)]
        self.lock = open(os.path.join(tempfile.gettempdir(), "shoal_hosts.lock"), "w")
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that `close` runs
        self.folder = tempfile.mkdtemp(prefix="shoal_hosts.")
        self.close_links()
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            self.call("ip", "link", "add", BRIDGE, "type", "bridge")
            self.call("ip", "addr", "add", f"{NETWORK}.1/24", "dev", BRIDGE)
            self.call("ip", "link", "set", BRIDGE, "up")
            table = "127.0.0.1 localhost\n" + "".join(
                f"{self.address(name)} {name}\n" for name in self.names)
            for name in self.names:
                os.makedirs(f"/etc/netns/{name}", exist_ok=True)
                with open(f"/etc/netns/{name}/hosts", "w") as file:
                    file.write(table)
                self.call("ip", "netns", "add", name)
                self.call("ip", "link", "add", "v" + name, "type", "veth", "peer", "name", "eth0", "netns", name)
                self.call("ip", "link", "set", "v" + name, "master", BRIDGE, "up")
                self.call("ip", "-n", name, "addr", "add", self.address(name) + "/24", "dev", "eth0")
                self.call("ip", "-n", name, "link", "set", "lo", "up")
                self.call("ip", "-n", name, "link", "set", "eth0", "up")
            undo.pop_all()

    @staticmethod
    def call(*command):
        subprocess.run(command, check=True)

    def address(self, name):
        return f"{NETWORK}.{10 + self.names.index(name)}"

    def set_rate(self, name, megabits):
        """Of a host's link, in both directions. The burst lets one large packet of the kernel pass whole."""
        limit = ["root", "tbf", "rate", f"{megabits}mbit", "burst", "70kb", "latency", "50ms"]
        self.call("ip", "netns", "exec", name, "tc", "qdisc", "replace", "dev", "eth0", *limit)
        self.call("tc", "qdisc", "replace", "dev", "v" + name, *limit)

    def cut(self, name):
        self.call("ip", "link", "set", "v" + name, "down")

    def heal(self, name):
        self.call("ip", "link", "set", "v" + name, "up")

    def processes(self, name):
        return subprocess.run(["ip", "netns", "pids", name], capture_output=True, text=True).stdout.split()

    def hostfile(self, slots=1):
        path = os.path.join(self.folder, f"hosts{slots}")
        with open(path, "w") as file:
            file.write("".join(f"{name} slots={slots}\n" for name in self.names))
        return path

    def environment(self):
        """What mpirun needs to start processes on these hosts."""
        return {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                "OMPI_MCA_plm_rsh_agent": f"{sys.executable} {os.path.abspath(__file__)}",
                "OMPI_MCA_plm_rsh_no_tree_spawn": "1", "OMPI_MCA_oob_tcp_if_include": "eth0",
                "OMPI_MCA_btl_tcp_if_include": "eth0", "OMPI_MCA_btl": "self,vader,tcp"}

    def start(self, name, command, **options):
        return subprocess.Popen(command_on(name, shlex.join(command)), env=self.environment(), **options)

    def close_links(self):
        """Also what an earlier run left behind."""
        listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
        for name in re.findall(r"^sh\d+", listed, re.MULTILINE):
            for process in self.processes(name):
                subprocess.run(["kill", "-9", process], capture_output=True)
            subprocess.run(["ip", "link", "del", "v" + name], capture_output=True)  # the name is free at once
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
            shutil.rmtree(f"/etc/netns/{name}", ignore_errors=True)
        subprocess.run(["ip", "link", "del", BRIDGE], capture_output=True)

    def close(self):
        self.close_links()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()


if __name__ == "__main__":
    words = sys.argv[1:]
    while words and words[0].startswith("-"):
        words.pop(0)
    command = command_on(words[0], " ".join(words[1:]), "/")
    os.execvp(command[0], command)
