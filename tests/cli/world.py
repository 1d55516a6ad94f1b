"""What the command-line tests stand on: an installed copy of tern, servers on free loopback ports, and a client."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "stock"))
import servers  # noqa: E402

DEADLINE_S = 30  # For what takes milliseconds on an idle machine.


def free_port(*offsets):
    """A port that can be bound, and those at these distances from it, too."""
    return servers.free_ports(0, *offsets)


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(holds, what):
    """Asks until the answer is true; gives it."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        if answer := holds():
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"after {DEADLINE_S} s: {what}")
        time.sleep(0.02)


class Server:
    """A server process that a script of bin/ became, and what it has printed."""

    def __init__(self, command, directory, log, environment):
        self.log = pathlib.Path(log)
        with self.log.open("ab") as output:
            self.seen = output.tell()  # The file may hold an earlier process's lines.
            self.process = subprocess.Popen(command, cwd=directory, env=environment, stdin=subprocess.DEVNULL,
                                            stdout=output, stderr=subprocess.STDOUT, preexec_fn=servers.die_with_parent)

    def printed(self):
        return self.log.read_bytes()[self.seen:].decode(errors="replace")

    def wait_until_ready(self):
        def ready():
            if self.process.poll() is not None:
                raise AssertionError(f"it ended with status {self.process.returncode}: {self.printed()}")
            return "boot success" in self.printed()
        wait_for(ready, f'no "boot success" in: {self.printed()}')
        return self

    def ends(self, sent=None):
        """Its exit status, after the signal."""
        if sent is not None:
            self.process.send_signal(sent)
        try:
            return self.process.wait(DEADLINE_S)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it did not end within {DEADLINE_S} s: {self.printed()}") from None


class Called:
    """A command that has ended."""

    def __init__(self, command, **options):
        begun = time.monotonic()
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                              timeout=DEADLINE_S, **options)
        self.seconds = time.monotonic() - begun
        self.status, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.said = f"status {self.status}\n--- out:\n{self.out}--- err:\n{self.err}"

    def lines(self):
        return [line.rstrip() for line in self.out.splitlines() if line.strip()]

    def json(self):
        assert self.status == 0, self.said
        return json.loads(self.out)


class World:
    """A directory with an installed tern and the servers of one test run."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.bin = self.directory / "installed" / "bin"
        self.bin.mkdir(parents=True)
        # A copy: a build may replace the program while the tests run.
        shutil.copy(os.environ.get("TERN") or ROOT / "build" / "release" / "tern", self.bin / "tern")
        for script in (ROOT / "bin").glob("mq*"):
            shutil.copy(script, self.bin)
        self.tern = str(self.bin / "tern")
        # mqshutdown ends every server of the user; here it is to find ours only.
        narrowed = self.directory / "narrowed"
        narrowed.mkdir()
        (narrowed / "pgrep").write_text(f'#!/bin/sh\nexec {shutil.which("pgrep")} -P {os.getpid()} "$@"\n')
        (narrowed / "pgrep").chmod(0o755)
        self.environment = {name: value for name, value in os.environ.items()
                            if name not in ("NAMESRV_ADDR", "ROCKETMQ_HOME")}
        self.environment["PATH"] = f"{narrowed}:{os.environ['PATH']}"
        self.environment["HOME"] = str(self.directory)
        self.servers = []

    def call(self, *words, **environment):
        return Called([str(word) for word in words], cwd=self.directory, env={**self.environment, **environment})

    def script(self, name, *words):
        return self.call("sh", self.bin / name, *words)

    def starts(self, *command, log):
        server = Server([str(word) for word in command], self.directory, self.directory / log, self.environment)
        self.servers.append(server)
        return server

    def namesrv_file(self, name, port):
        return servers.write_properties(self.directory / f"{name}.conf", listenPort=port, bindAddress="127.0.0.1")

    def broker_file(self, name, port, **more):
        settings = dict(brokerClusterName="DefaultCluster", brokerName=name, brokerId=0, listenPort=port,
                        bindAddress="127.0.0.1", brokerIP1="127.0.0.1",
                        storePathRootDir=self.directory / f"store-{name}", mappedFileSizeCommitLog=8 * 1024 * 1024)
        return servers.write_properties(self.directory / f"{name}.conf", **(settings | more))

    def stop(self):
        for server in self.servers:
            if server.process.poll() is None:
                server.process.kill()
                server.process.wait()


class Consumer:
    """A member of a consumer group as a broker sees it: one connection, a heartbeat, offsets committed."""

    def __init__(self, port, group, topic):
        self.connection = socket.create_connection(("127.0.0.1", port), DEADLINE_S)
        self.group, self.topic = group, topic
        subscriptions = [{"topic": name, "subString": "*", "expressionType": "TAG", "subVersion": 1, "tagsSet": [],
                          "codeSet": [], "classFilterMode": False} for name in (topic, f"%RETRY%{group}")]
        self.ask(34, {}, {"clientID": "127.0.0.1@member", "producerDataSet": [], "consumerDataSet": [{
            "groupName": group, "consumeType": "CONSUME_PASSIVELY", "messageModel": "CLUSTERING",
            "consumeFromWhere": "CONSUME_FROM_LAST_OFFSET", "unitMode": False, "subscriptionDataSet": subscriptions}]})

    def commits(self, queue, offset):
        self.ask(15, {"consumerGroup": self.group, "topic": self.topic, "queueId": str(queue),
                      "commitOffset": str(offset)})

    def ask(self, code, fields, body=None):
        self.send({"code": code, "opaque": 1, "flag": 0, "extFields": fields}, body)
        while True:
            answer = self.receive()
            if answer["flag"] & 1:  # Beside answers the broker tells of changes in the group.
                assert answer["code"] == 0, answer
                return answer

    def answers(self, code, body):
        """Waits until the broker asks that, and says so."""
        while (request := self.receive())["code"] != code:
            pass
        self.send({"code": 0, "opaque": request["opaque"], "flag": 1}, body)

    def send(self, header, body):
        header = json.dumps({"language": "JAVA", "version": 513, "serializeTypeCurrentRPC": "JSON", **header}).encode()
        body = b"" if body is None else json.dumps(body).encode()
        self.connection.sendall(struct.pack(">ii", 4 + len(header) + len(body), len(header)) + header + body)

    def receive(self):
        """A header."""
        (size,) = struct.unpack(">i", self.read(4))
        frame = self.read(size)
        return json.loads(frame[4:4 + (struct.unpack(">i", frame[:4])[0] & 0xFFFFFF)])

    def read(self, size):
        read = b""
        while len(read) < size:
            part = self.connection.recv(size - len(read))
            assert part, "the broker closed the connection"
            read += part
        return read

    def leaves(self):
        self.connection.close()


def expect_lines(called, header, shapes):
    """Its header exactly; every other line has one of the shapes, and each shape occurs."""
    assert called.status == 0, called.said
    lines = called.lines()
    if header:
        assert header in lines, f"no line {header!r} in {called.said}"
        lines = [line for line in lines if line != header]
    for line in lines:
        assert any(re.fullmatch(shape, line) for shape in shapes), f"unexpected line {line!r}"
    for shape in shapes:
        assert any(re.fullmatch(shape, line) for line in lines), f"no line of the shape {shape!r} in {called.said}"
