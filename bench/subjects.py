"""What bench/compare measures: TernMQ, the stock Java brokers, and the servers that show the limits.

A subject runs pinned to one core. Only the one that is measured runs at all; the others are stopped (SIGSTOP), so
that their background threads take nothing from it.
"""

import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "stock"))
import servers

BROKERS = servers.KINDS
LIMITS = ["echo", "append"]

# Stock Java as its users tune it for one machine: a fixed heap of 1 GB, G1.
JAVA_HEAP = ["-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxDirectMemorySize=1g"]


class Cores:
    """Where things run: the subject alone on one core, everything that serves it on another."""

    def __init__(self, server, other):
        self.server = server
        self.other = other

    @staticmethod
    def pin(core, command):
        return ["taskset", "-c", str(core), *map(str, command)]


class PinnedCluster(servers.Cluster):
    """A broker on its core, its NameServer beside the generator; for all kinds the same settings, RocketMQ's own."""

    def __init__(self, kind, directory, cores, tern):
        super().__init__(kind, directory)
        self.cores = cores
        self.tern = tern
        port = self.broker.rpartition(":")[2]
        servers.write_properties(
            self.broker_file, listenPort=port, brokerIP1="127.0.0.1", brokerIP2="127.0.0.1",
            namesrvAddr=self.namesrv, brokerClusterName="DefaultCluster", brokerName="broker-a", brokerId=0,
            storePathRootDir=self.directory / "store", storePathCommitLog=self.directory / "store" / "commitlog",
            flushDiskType="ASYNC_FLUSH", brokerRole="ASYNC_MASTER", diskMaxUsedSpaceRatio=95,
            autoCreateTopicEnable="true", autoCreateSubscriptionGroup="true")

    def command(self, role, file):
        core = self.cores.server if role == "broker" else self.cores.other
        if self.kind == "tern":
            return self.cores.pin(core, [self.tern, role, "-c", file]), self.directory
        command, directory, environment = super().command(role, file)
        if role == "broker":
            heap = [word for word in command if word.startswith(("-Xm", "-XX:"))]
            command = [command[0], *JAVA_HEAP, *(word for word in command[1:] if word not in heap)]
        return self.cores.pin(core, command), directory, environment


class Broker:
    """TernMQ or a stock broker, with a NameServer of its own and an empty store."""

    def __init__(self, name, directory, cores, build):
        directory.mkdir()
        self.name = name
        self.directory = directory
        self.is_java = name.startswith("java-")
        self.cluster = PinnedCluster(name, directory, cores, build / "tern")
        self.namesrv = self.cluster.namesrv
        self.address = self.cluster.broker

    def start(self):
        self.cluster.__enter__()
        return self

    def start_namesrv(self):
        self.cluster.launch("namesrv", self.cluster.namesrv_file)

    def launch_broker(self):
        """Does not wait until it is ready, unlike start()."""
        server = servers.Server("broker", *self.cluster.command("broker", self.cluster.broker_file))
        self.cluster.servers.append(server)

    @property
    def pid(self):
        return self.cluster.servers[-1].process.pid

    def pause(self):
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    def compiler_seconds(self):
        """Processor time that the virtual machine's compilers have taken."""
        ticks = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(OSError):  # It has ended.
                name, _, fields = (task / "stat").read_text().partition("(")[2].rpartition(")")
                if name.startswith(("C1 Compiler", "C2 Compiler")):
                    ticks += sum(map(int, fields.split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def stop(self):
        for server in self.cluster.servers:
            if server.process.poll() is None:
                os.kill(server.process.pid, signal.SIGCONT)  # Stopped, it would not notice SIGTERM.
        self.cluster.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def tails(self):
        return self.cluster.tails()


class Limit:
    """A bare server: the same frames on the same core, and hardly anything done with them."""

    is_java = False

    def __init__(self, name, directory, cores, build):
        directory.mkdir()
        self.name = name
        self.directory = directory
        arguments = {"echo": [], "append": [directory / "records"]}[name]
        self.command = cores.pin(cores.server, [build / "bench" / f"bare_{name}_server", "127.0.0.1:0", *arguments])
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                        start_new_session=True, preexec_fn=servers.die_with_parent)
        line = self.process.stdout.readline()
        if not line.startswith("listening at "):
            raise servers.ServerFailed(f"{self.name}: ended before it was ready")
        self.address = line.split()[-1]
        return self

    @property
    def pid(self):
        return self.process.pid

    def pause(self):
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self):
        os.kill(self.pid, signal.SIGCONT)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def tails(self):
        return ""


def make(name, directory, cores, build):
    kind = Limit if name in LIMITS else Broker
    return kind(name, pathlib.Path(directory) / name, cores, build)
