#!/usr/bin/env python3
"""A NameServer and a broker, or several, on free loopback ports: TernMQ's, or the stock Java ones.

As a library:  with servers.start("tern", directory) as cluster: use(cluster.namesrv)
By hand:       tests/stock/servers.py java-5.5.0     prints the NameServer's address and runs until Ctrl-C
"""

import argparse
import contextlib
import ctypes
import fcntl
import functools
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time

import jars

ROOT = pathlib.Path(__file__).resolve().parents[2]
KINDS = ["tern", "java-5.5.0", "java-4.9.7"]
GROUP = "tern-group"  # TernMQ as a Raft group of three members.
PAIR = "tern-pair"  # As a master that waits for its slave.
READY = "boot success"
START_DEADLINE_S = 180  # The Java broker takes 5 s on an idle machine, much longer on a busy one.
STOP_DEADLINE_S = 20

# The 4.9 servers insist on these files; what they log goes to the file that keeps their output.
LOGBACK = """<configuration>
  <appender name="stdout" class="ch.qos.logback.core.ConsoleAppender">
    <encoder><pattern>%d{HH:mm:ss.SSS} %level %logger{0} - %msg%n</pattern></encoder>
  </appender>
  <root level="ERROR"><appender-ref ref="stdout"/></root>
</configuration>
"""


def free_ports(*offsets):
    """A port p such that p + each offset can be bound; below the range that outgoing connections use."""
    for _ in range(1000):
        base = random.randrange(20_000, 31_000)
        if all(can_bind(base + offset) for offset in offsets):
            return base
    raise SystemExit("no free ports between 20000 and 31000")


def can_bind(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except OSError:
            return False
    return True


def die_with_parent():
    """If this program is killed, so are its servers."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


LAUNCH = ("import os, sys; count = int(sys.argv[1])\n"
          "for i, number in enumerate(sys.argv[2:2 + count]): os.dup2(int(number), 3 + i)\n"
          "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(count))\n"
          "os.execv(sys.argv[2 + count], sys.argv[2 + count:])")


@contextlib.contextmanager
def handing_over(sockets, command):
    """As systemd does with a socket unit's: the command that starts the program with the sockets from descriptor 3 on, and
    the descriptors that it has to be given."""
    # Far from 3, so that none is written over before it was moved.
    numbers = [fcntl.fcntl(each, fcntl.F_DUPFD, 100 + 10 * i) for i, each in enumerate(sockets)]
    try:
        yield [sys.executable, "-c", LAUNCH, str(len(numbers)), *map(str, numbers), *map(str, command)], numbers
    finally:
        for number in numbers:
            os.close(number)


def write_properties(path, **settings):
    path.write_text("".join(f"{key}={value}\n" for key, value in settings.items()))
    return path


def read_properties(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


# Users and access control lists can be kept, and nobody has to be one.
ACCESS = {
    "java-5.5.0": dict(
        authenticationMetadataProvider="org.apache.rocketmq.auth.authentication.provider.LocalAuthenticationMetadataProvider",
        authorizationMetadataProvider="org.apache.rocketmq.auth.authorization.provider.LocalAuthorizationMetadataProvider",
        authConfigPath="auth"),
    "java-4.9.7": dict(aclEnable="true"),
}
PLAIN_ACL = "globalWhiteRemoteAddresses:\n- 127.0.0.1\n"


class Server:
    """One process whose output goes to a file; ready once that file says so."""

    def __init__(self, name, command, directory, environment=None):
        self.name = name
        self.log = directory / f"{name}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                command, cwd=directory, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=die_with_parent)

    def wait_until_ready(self):
        deadline = time.monotonic() + START_DEADLINE_S
        while READY not in self.log.read_text(errors="replace"):
            if self.process.poll() is not None:
                raise ServerFailed(f"{self.name} ended with status {self.process.returncode} before it was ready\n"
                                   + self.tail())
            if time.monotonic() > deadline:
                raise ServerFailed(f'{self.name} did not print "{READY}" within {START_DEADLINE_S} s\n' + self.tail())
            time.sleep(0.05)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def tail(self, lines=25):
        text = [line for line in self.log.read_text(errors="replace").splitlines()
                if "|-INFO in org.apache.rocketmq.logging" not in line][-lines:]  # Java's log about its log
        return "\n".join([f"--- last lines of {self.name} ({self.log}):", *text])


class ServerFailed(Exception):
    pass


class Cluster:
    """A NameServer and a broker; stops both when left."""

    def __init__(self, kind, directory):
        self.kind = kind
        self.directory = pathlib.Path(directory)
        self.servers = []
        self.java_options = []
        namesrv_port = free_ports(0)
        broker_port = free_ports(-2, 0, 1)  # the fast port, the port, the replication port
        self.namesrv = f"127.0.0.1:{namesrv_port}"
        self.broker = f"127.0.0.1:{broker_port}"
        store = self.directory / "store"
        self.namesrv_file = write_properties(
            self.directory / "namesrv.conf", listenPort=namesrv_port, bindAddress="127.0.0.1",
            kvConfigPath=self.directory / "namesrv" / "kvConfig.json",
            configStorePath=self.directory / "namesrv" / "namesrv.properties")
        self.broker_file = write_properties(
            self.directory / "broker.conf", listenPort=broker_port, bindAddress="127.0.0.1",
            brokerIP1="127.0.0.1", brokerIP2="127.0.0.1", namesrvAddr=self.namesrv,
            brokerClusterName="DefaultCluster", brokerName="broker-a", brokerId=0,
            storePathRootDir=store, storePathCommitLog=store / "commitlog",
            mappedFileSizeCommitLog=104857600, fileReservedTime=72, diskMaxUsedSpaceRatio=95,
            autoCreateTopicEnable="true", autoCreateSubscriptionGroup="true", enablePropertyFilter="true",
            traceTopicEnable="true",
            # The Java broker answers "busy" to a send that waited 200 ms, which on a busy machine means nothing.
            waitTimeMillsInSendQueue=10000,
            # Transactions are checked after seconds, not after a minute. (The stock broker notes their ends every 3 s;
            # more frequent checks overlap there, and a message is committed more than once.)
            transactionCheckInterval=5000, transactionTimeOut=1000, **ACCESS.get(kind, {}))
        self.broker_files = {"broker": self.broker_file}  # By the name of the server.

    def further_broker(self, name, **own):
        """The settings of another one: the first one's, but for its place and what is given."""
        home = self.directory / name
        home.mkdir()
        place = dict(listenPort=free_ports(-2, 0, 1), storePathRootDir=home / "store",
                     storePathCommitLog=home / "store" / "commitlog")
        return write_properties(home / "broker.conf", **(read_properties(self.broker_file) | place | own))

    def raft_members(self, count=3, **own):
        """The settings of a Raft group's members, as DLedger has them, by name. No client is served any more when they end."""
        links = [free_ports(0) for _ in range(count)]
        peers = ";".join(f"n{i}-127.0.0.1:{port}" for i, port in enumerate(links))
        return {f"n{i}": self.further_broker(f"n{i}", enableDLegerCommitLog="true", dLegerGroup="broker-a",
                                             dLegerPeers=peers, dLegerSelfId=f"n{i}", drainOnStopMs=0, **own) for i in range(count)}

    def __enter__(self):
        try:
            self.launch("namesrv", self.namesrv_file)
            for name, file in self.broker_files.items():
                self.launch("broker", file, name)
            self.wait_until_usable()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def wait_until_usable(self):
        """Once all are ready."""

    def wait_for_line(self, text):
        """In what any server logs."""
        deadline = time.monotonic() + START_DEADLINE_S
        while not any(text in server.log.read_text(errors="replace") for server in self.servers):
            if time.monotonic() > deadline:
                raise ServerFailed(f'none logged "{text}" within {START_DEADLINE_S} s\n' + self.tails())
            time.sleep(0.05)

    def launch(self, role, file, name=None):
        server = Server(name or role, *self.command(role, file))
        self.servers.append(server)
        server.wait_until_ready()

    def command(self, role, file):
        """Command, working directory and environment of one server."""
        if self.kind == "tern":
            program = os.environ.get("TERN") or ROOT / "build" / "release" / "tern"
            if not pathlib.Path(program).exists():
                raise ServerFailed(f"{program}: not found; build it: cmake --preset release && "
                                   "cmake --build --preset release (or name another one in $TERN)")
            return [str(program), role, "-c", str(file)], self.directory
        version = self.kind.removeprefix("java-")
        home = self.directory / "home"
        (home / "conf").mkdir(parents=True, exist_ok=True)
        for name in "logback_namesrv.xml", "logback_broker.xml", "logback_tools.xml":
            (home / "conf" / name).write_text(LOGBACK)
        (home / "conf" / "plain_acl.yml").write_text(PLAIN_ACL)
        main = {"namesrv": "org.apache.rocketmq.namesrv.NamesrvStartup",
                "broker": "org.apache.rocketmq.broker.BrokerStartup"}[role]
        heap = {"namesrv": ["-Xmx256m"], "broker": ["-Xms256m", "-Xmx1g", "-XX:MaxDirectMemorySize=1g"]}[role]
        command = ["java", *heap, "-XX:+UseSerialGC", *jars.OPEN_MODULES, *self.java_options, f"-Duser.home={home}",
                   "-Drocketmq.broker.diskSpaceWarningLevelRatio=0.97", "-cp", jars.server_classpath(version),
                   main, "-c", str(file)]
        return command, self.directory, {"ROCKETMQ_HOME": str(home)}

    def stop(self):
        for server in reversed(self.servers):
            server.stop()

    def tails(self):
        return "\n".join(server.tail() for server in self.servers)


class GroupCluster(Cluster):
    """A NameServer and a Raft group of three brokers, in DLedger's settings."""

    def __init__(self, directory):
        super().__init__("tern", directory)
        self.broker_files = self.raft_members()
        self.broker = "127.0.0.1:" + read_properties(self.broker_files["n0"])["listenPort"]

    def wait_until_usable(self):
        self.wait_for_line("Elected as leader")


class PairCluster(Cluster):
    """A NameServer, a master that waits for its slave, and the slave."""

    def __init__(self, directory):
        super().__init__("tern", directory)
        self.broker_file = write_properties(
            self.broker_file, **(read_properties(self.broker_file) | dict(brokerRole="SYNC_MASTER", slaveReadEnable="true")))
        self.broker_files = {"broker": self.broker_file,
                             "slave": self.further_broker("slave", brokerId=1, brokerRole="SLAVE")}

    def wait_until_usable(self):
        self.wait_for_line("member_link_up")


CLUSTERS = {**{kind: functools.partial(Cluster, kind) for kind in KINDS}, GROUP: GroupCluster, PAIR: PairCluster}


def start(kind, directory):
    if kind not in CLUSTERS:
        raise SystemExit(f"{kind}: unknown server; choose one of {', '.join(CLUSTERS)}")
    return CLUSTERS[kind](directory)


def main():
    parser = argparse.ArgumentParser(description="Run a NameServer and a broker on free loopback ports until Ctrl-C.")
    parser.add_argument("kind", nargs="?", default="tern", choices=list(CLUSTERS))
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="tern-servers-") as directory:
        try:
            with start(arguments.kind, directory) as cluster:
                print(f"namesrv {cluster.namesrv}\nbroker {cluster.broker}\ndirectory {directory}", flush=True)
                signal.pause()
        except ServerFailed as failure:
            raise SystemExit(str(failure))
        except KeyboardInterrupt:
            pass


if __name__ == "__main__":
    main()
