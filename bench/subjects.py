"""What bench/compare measures: TernMQ, the stock Java brokers, and the servers that show the limits.

A subject runs pinned to one core, however many nodes it has. Only the one that is measured runs at all; the others are
stopped (SIGSTOP), so that their background threads take nothing from it.
"""

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path += [str(ROOT / "tests" / "stock"), str(ROOT / "tests" / "cluster")]
import servers  # noqa: E402
import wire  # noqa: E402

BROKERS = servers.KINDS
LIMITS = ["echo", "append", "commit", "pull"]
ON_DISK = "tern-disk"  # A Raft group that acknowledges what a majority has on disk, as DLedger never does.
ALL = [*BROKERS, ON_DISK, *LIMITS]

ALONE, PAIR, GROUP = "alone", "pair", "group"  # A broker; a SYNC_MASTER and its slave; a Raft group of three.
FREE, SYNCED = "free", "synced"  # A broker on all cores; with SYNC_FLUSH.

# RocketMQ 5 waits for no slave when nothing is said.
SETTINGS = {ALONE: {}, FREE: {}, SYNCED: {"flushDiskType": "SYNC_FLUSH"},
            PAIR: {"brokerRole": "SYNC_MASTER", "inSyncReplicas": 2}, GROUP: {}}

# Stock Java as its users tune it for one machine: a fixed heap of 1 GB, G1.
JAVA_HEAP = ["-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxDirectMemorySize=1g"]

ASK_DEADLINE_S = 2
DLEDGER_METADATA = 50000  # A request to the port that members use among themselves.


class Cores:
    """Where things run: the subject alone on one core, everything that serves it on another; None is anywhere."""

    def __init__(self, server, other):
        self.server = server
        self.other = other

    @staticmethod
    def pin(core, command):
        return [*([] if core is None else ["taskset", "-c", str(core)]), *map(str, command)]


class PinnedCluster(servers.Cluster):
    """Brokers on their core, their NameServer beside the generator; for all kinds the same settings, RocketMQ's own."""

    def __init__(self, kind, directory, cores, tern, setup, **own):
        super().__init__(kind, directory)
        self.cores = cores
        self.tern = tern
        servers.write_properties(self.broker_file, **dict(
            listenPort=self.broker.rpartition(":")[2], brokerIP1="127.0.0.1", brokerIP2="127.0.0.1",
            namesrvAddr=self.namesrv, brokerClusterName="DefaultCluster", brokerName="broker-a", brokerId=0,
            storePathRootDir=self.directory / "store", storePathCommitLog=self.directory / "store" / "commitlog",
            flushDiskType="ASYNC_FLUSH", brokerRole="ASYNC_MASTER", diskMaxUsedSpaceRatio=95,
            autoCreateTopicEnable="true", autoCreateSubscriptionGroup="true") | own)
        if setup == PAIR:
            self.broker_files["slave"] = self.further_broker("slave", brokerId=1, brokerRole="SLAVE")
        elif setup == GROUP:
            self.broker_files = self.raft_members()

    def command(self, role, file):
        core = self.cores.server if role == "broker" else self.cores.other
        if self.kind == "tern":
            return self.cores.pin(core, [self.tern, role, "-c", file]), self.directory
        command, directory, environment = super().command(role, file)
        if role == "broker":
            heap = [word for word in command if word.startswith(("-Xm", "-XX:"))]
            command = [command[0], *JAVA_HEAP, *(word for word in command[1:] if word not in heap)]
        return self.cores.pin(core, command), directory, environment


class Node:
    """One broker of a subject, asked over its own port."""

    def __init__(self, name, file):
        settings = servers.read_properties(file)
        self.name = name
        self.address = f"127.0.0.1:{settings['listenPort']}"
        self.admin = wire.Connection(self.address)
        peers = dict(peer.split("-", 1) for peer in settings.get("dLegerPeers", "").split(";") if peer)
        self.link = wire.Connection(peers[name]) if name in peers else None

    def info(self):
        return wire.runtime_info(self.admin, wire.in_seconds(ASK_DEADLINE_S))

    def dledger_leader(self):
        """The leader that this member of a DLedger group knows; None if it knows none or does not say."""
        body = json.dumps({"group": "broker-a", "remoteId": self.name, "localId": self.name}).encode()
        try:
            answer = self.link.call(DLEDGER_METADATA, {}, body, deadline=wire.in_seconds(ASK_DEADLINE_S))
        except wire.WireError:
            return None
        return json.loads(answer.body or b"{}").get("leaderId")


class Process:
    """What can be stopped and continued: all processes of a subject together."""

    def pause(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)

    def resume(self):
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)


class Brokers(Process):
    """Those of TernMQ or of stock Java in one of the setups, their NameServer beside them; stores are empty."""

    def __init__(self, name, directory, cores, build, setup):
        directory.mkdir()
        self.name = name
        self.directory = directory
        self.setup = setup
        self.is_java = name.startswith("java-")
        own = dict(SETTINGS[setup])
        if setup == GROUP and not self.is_java:
            own["quorumDurability"] = "DISK" if name == ON_DISK else "MEMORY"
        self.cluster = PinnedCluster("tern" if name == ON_DISK else name, directory, cores, build / "tern", setup, **own)
        self.namesrv = self.cluster.namesrv
        self.nodes = {each: Node(each, file) for each, file in self.cluster.broker_files.items()}
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
    def pids(self):
        return [server.process.pid for server in self.cluster.servers[1:]]  # The first is the NameServer.

    def is_led(self):
        """A group's members agree on who leads, which address goes by from then on."""
        if self.setup != GROUP:
            return True
        named = {node.dledger_leader() if self.is_java else node.info().get("groupLeader")
                 for node in self.nodes.values()}
        leader = self.nodes.get(named.pop()) if len(named) == 1 else None
        if leader:
            self.address = leader.address
        return leader is not None

    def is_even(self):
        """All nodes have as much of the log."""
        ends = {node.info().get("commitLogMaxOffset") for node in self.nodes.values()}
        return len(ends) == 1 and None not in ends

    def compiler_seconds(self):
        """Processor time that the virtual machines' compilers have taken."""
        ticks = 0
        for pid in self.pids:
            for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
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


class Limit(Process):
    """A bare server: the same frames on the same core, and hardly anything done with them."""

    is_java = False

    def __init__(self, name, directory, cores, build, stored):
        directory.mkdir()
        self.name = name
        self.directory = directory
        file = directory / "records"
        program, *arguments = {"echo": ["echo"], "append": ["append", file], "commit": ["append", file, "sync"],
                               "pull": ["pull", file, *stored]}[name]
        self.command = cores.pin(cores.server, [build / "bench" / f"bare_{program}_server", "127.0.0.1:0", *arguments])
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
    def pids(self):
        return [self.process.pid]

    def is_led(self):
        return True

    def is_even(self):
        return True

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def tails(self):
        return ""


def make(name, directory, cores, build, setup=ALONE, stored=()):
    """stored: queues, messages of each and size of a body, of a limit that is pulled from."""
    place = pathlib.Path(directory) / name
    if name in LIMITS:
        return Limit(name, place, cores, build, stored)
    return Brokers(name, place, cores, build, setup)
