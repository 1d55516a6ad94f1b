"""Machines with addresses on a network of their own, each with RocketMQ's folders bin, conf and logs.

A machine is a network namespace and a pid namespace, so that `mqshutdown broker` there stops the broker of
that machine. Nothing of it is named anywhere: it ends, and all that runs there, with the process that holds
it, and that one with us.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import time

import cluster
import networks
import servers
import wire

INSIDE = "TERN_TEST_NETWORK"
CLIENTS = "192.168.1.1", "192.168.0.1"  # The machine on which the tests are.
COMMAND_DEADLINE_S = 30
HOLD = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc",
        "sh", "-c", "sleep infinity & wait"]  # A shell also waits for what was left behind.


def missing():
    """What stands in the way of machines here; "" if nothing."""
    for program in "unshare", "nsenter", "pgrep":
        if not shutil.which(program):
            return f"no program {program}"
    return networks.missing()


def enter_own_network():
    """Starts this program again on a network of its own, where all addresses are free, with a loopback interface."""
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "--net", sys.executable, *sys.argv])
    networks.must("link", "set", "lo", "up")


def enter():
    """The same, and makes the bridge."""
    enter_own_network()
    networks.must("link", "add", "lan", "type", "bridge")
    for address in CLIENTS:
        networks.must("addr", "add", f"{address}/24", "dev", "lan")
    networks.must("link", "set", "lan", "up")


class Machine:
    def __init__(self, address, directory, program):
        """Its home is made in the directory; program is linked there as bin/tern."""
        self.address = address
        self.link = f"m{address.rpartition('.')[2]}"
        self.home = directory / address
        self.logs = self.home / "logs" / "rocketmqlogs"
        shutil.copytree(cluster.ROOT / "bin", self.home / "bin")
        os.link(program, self.home / "bin" / "tern")
        (self.home / "conf").mkdir()
        self.logs.mkdir(parents=True)
        self.seen = {}  # Bytes of a server's log before its last start.
        self.holder = subprocess.Popen(HOLD, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       preexec_fn=servers.die_with_parent)
        try:
            self.pid = cluster.wait_for(self.first_process, f"the namespaces of {address}")
            self.plug_in()
        except BaseException:
            self.stop()
            raise

    def first_process(self):
        """Its number here; 0 as long as it is not in its own namespaces."""
        holder = self.holder.pid
        children = pathlib.Path(f"/proc/{holder}/task/{holder}/children").read_text().split()
        # It mounts its own /proc before it becomes the shell.
        return int(children[0]) if children and self.command_of(children[0]) == "sh" else 0

    @staticmethod
    def command_of(pid):
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()

    def plug_in(self):
        numbers = [int(part) for part in self.address.split(".")]
        # The same hardware for the same address: nobody remembers another one of a test before.
        hardware = "02:00:" + ":".join(f"{number:02x}" for number in numbers)
        networks.must("link", "add", self.link, "type", "veth", "peer", "name", "eth0", "address", hardware,
                      "netns", self.pid)
        networks.must("link", "set", self.link, "master", "lan", "up")
        self.must(f"ip link set lo up && ip addr add {self.address}/24 dev eth0 && ip link set eth0 up")

    def sh(self, command):
        """Runs a shell's command in its home; gives exit status, output and error output."""
        inside = ["nsenter", "--target", str(self.pid), "--net", "--pid", "--mount", "--",
                  "env", f"--chdir={self.home}", f"HOME={self.home}", "sh", "-c", command]
        return subprocess.run(inside, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=COMMAND_DEADLINE_S)

    def must(self, command):
        """The same; gives its output."""
        done = self.sh(command)
        if done.returncode != 0:
            raise cluster.ClusterFailed(f"{self.address}: {command}: exit status {done.returncode}\n"
                                        f"{done.stdout}{done.stderr}")
        return done.stdout

    def is_installed_at(self, path):
        """There its home can be found, too, below a /usr/local of its own."""
        self.must(f"mount -t tmpfs none /usr/local && mkdir -p {os.path.dirname(path)} && ln -s ~ {path}")

    def write(self, name, settings):
        """conf/name, with the lines of a settings file."""
        lines = [line.strip() for line in settings.strip().splitlines()]
        path = self.home / "conf" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(lines) + "\n")

    def edit(self, name, **settings):
        """Gives keys of conf/name another value, as one does with vi."""
        path = self.home / "conf" / name
        lines = [line for line in path.read_text().splitlines() if line.partition("=")[0] not in settings]
        path.write_text("\n".join([*lines, *(f"{key}={value}" for key, value in settings.items())]) + "\n")

    def is_told_to_start(self, role, arguments=""):
        """As the documents have it: in the background, with nohup."""
        log = self.logs / f"{role}.log"
        self.seen[role] = log.stat().st_size if log.exists() else 0
        self.must(f"nohup sh bin/mq{role} {arguments} >>~/logs/rocketmqlogs/{role}.log 2>&1 &")

    def starts(self, role, arguments=""):
        """The same, and waits until it is ready."""
        self.is_told_to_start(role, arguments)
        self.becomes_ready(role)

    def becomes_ready(self, role):
        cluster.wait_for(lambda: self.has_started(role),
                         lambda: f"{self.address} {role}: {servers.READY}\n{self.tail(role)}")

    def has_started(self, role):
        if servers.READY in self.log(role):
            return True
        # For a moment of an exec a process has no command line.
        if not (self.runs(role) or self.runs(role)):
            raise cluster.ClusterFailed(f"{role} of {self.address} ended before it was ready\n"
                                        + self.tail(role))
        return False

    def runs(self, role):
        # Brackets, so that the pattern does not match the shell that has it in its command line.
        return self.sh(f"pgrep -f '(mq|[t]ern ){role[0].join('[]')}{role[1:]}'").returncode == 0

    def is_told_to_stop(self, role):
        """`mqshutdown`, which waits for nothing; gives when it was called."""
        at = time.monotonic()
        self.must(f"sh bin/mqshutdown {role}")
        return at

    def shuts_down(self, role):
        """The same, once the server has ended."""
        at = self.is_told_to_stop(role)
        cluster.wait_for(lambda: not self.runs(role),
                         lambda: f"{role} of {self.address} ends\n{self.tail(role)}", cluster.STOP_DEADLINE_S)
        return at

    def kills(self, role):
        """Without a chance to say goodbye."""
        self.must(f"kill -9 $(pgrep -f '[t]ern {role}')")
        cluster.wait_for(lambda: not self.runs(role), f"{role} of {self.address} is dead")

    def log(self, role):
        """What it has said since its last start."""
        return (self.logs / f"{role}.log").read_bytes()[self.seen[role]:].decode(errors="replace")

    def tail(self, role, lines=15):
        path = self.logs / f"{role}.log"
        text = path.read_text(errors="replace").splitlines()[-lines:] if path.exists() else []
        return "\n".join([f"--- last lines of {role} of {self.address}:", *text])

    def stop(self):
        networks.ip("link", "del", self.link)
        self.holder.kill()
        self.holder.wait()


def call(address, code, fields, body=b"", seconds=5):
    """One request on a connection of its own."""
    connection = wire.Connection(address)
    try:
        return connection.call(code, fields, body, deadline=wire.in_seconds(seconds))
    finally:
        connection.close()


def info(address):
    """What a broker tells of itself; {} when it does not answer."""
    connection = wire.Connection(address)
    try:
        return wire.runtime_info(connection, wire.in_seconds(cluster.ASK_DEADLINE_S))
    finally:
        connection.close()
