"""A stock producer as a process: it sends on time, and tells of each send that has ended."""

import os
import pathlib
import subprocess
import sys
import threading
import time

import cluster
import history
import jars
import servers

PROGRAM = pathlib.Path(__file__).with_name("StockProducer.java")
JVM = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m", *jars.OPEN_MODULES]
GO, PYTHON, NODE = "go-2.1.2", "python-0.4.4", "node-3.12.0"
BEGIN_DEADLINE_S = 120
END_DEADLINE_S = 30
CLOCKS_APART_MAX_S = 0.05  # Of what both call the time since the machine's start.


def other_program(version, role):
    """Of a client that is not Java's; None of one that is."""
    if version == GO:
        return [jars.go_program(), role]
    if version == PYTHON:
        return ["env", f"PYTHONPATH={jars.python_packages()}", sys.executable, str(jars.HERE / "python" / "clients.py"), role]
    if version == NODE:
        return ["env", f"NODE_PATH={jars.node_modules()}", "node", str(jars.HERE / "node" / "clients.js"), role]
    return None


def program(version, directory):
    if other := other_program(version, "producer"):
        return other
    return [*JVM, f"-Duser.home={directory}", "-cp", jars.client_classpath(version), str(PROGRAM)]


def start(command, directory, errors):
    """Its process, which is told and tells by lines and ends with this one; errors is the file of what it complains of."""
    with errors.open("wb") as file:
        return subprocess.Popen(command, cwd=directory, env={**os.environ, "HOME": str(directory)}, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=file, text=True, preexec_fn=servers.die_with_parent)


class StockProducer:
    """What it was told is in operations, in the order in which the sends ended."""

    name = "stock"

    def __init__(self, version, namesrv, topic, directory, *, rate, size, first_queues=(), is_awaited=True):
        """So many sends a second, of so many bytes. Queues of brokers in first_queues, {name: number}, are counted from
        that number on. One that is not awaited may be still without a route."""
        self.size = size
        self.first_queues = dict(first_queues)
        self.operations = []
        self.history = history.History()
        self.errors = directory / "producer.err"
        self.begins, self.failure, self.routed, self.waits = None, None, 0, 0
        command = [*program(version, directory), namesrv, topic, str(rate), str(size)]
        self.process = start(command, directory, self.errors)
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        if is_awaited:
            self.wait_until_it_sends()

    def wait_until_it_sends(self):
        cluster.wait_for(self.has_begun, lambda: f"the stock producer sends\n{self.errors.read_text()[-2000:]}",
                         BEGIN_DEADLINE_S)

    def has_begun(self):
        if self.failure:
            raise cluster.ClusterFailed(self.failure)
        if self.process.poll() is not None:
            raise cluster.ClusterFailed(f"the stock producer ended\n{self.errors.read_text()[-2000:]}")
        return self.begins

    def read(self):
        for line in self.process.stdout:
            words = line.split()
            if words[:1] == ["begins"]:
                self.note_begin(int(words[1]), int(words[2]))
            elif words == ["routed"]:
                self.routed += 1
            elif words == ["waits"]:
                self.waits += 1
            elif len(words) == 8:
                self.note_send(*words)

    def note_begin(self, nanos, millis):
        """System.nanoTime has to be what time.monotonic is: compared by the clock on the wall."""
        apart = (nanos / 1e9 - time.monotonic()) - (millis / 1e3 - time.time())
        if abs(apart) > CLOCKS_APART_MAX_S:
            self.failure = f"the stock producer's clock is {apart:.3f} s apart"
            return
        self.first = history.Operation("stock-first", 0, self.body("stock-first"), "stock")
        self.begins = nanos / 1e9

    def note_send(self, key, begun, ended, status, broker, queue, offset, requests):
        queue = int(queue) + self.first_queues.get(broker, 0)
        operation = history.Operation(key, queue, self.body(key), "stock")
        operation.begun, operation.ended = int(begun) / 1e9, int(ended) / 1e9
        operation.requests = int(requests)
        operation.code = 0 if status == "SEND_OK" else status
        if operation.code == 0:
            operation.offset, operation.told_queue = int(offset), queue
        self.operations.append(operation)
        self.history.operations.append(operation)

    def body(self, key):
        return (key.encode() + b" ").ljust(self.size, b"\0")

    def ask_route(self):
        """Lets it know who leads, as it would half a minute later: elections are not that frequent elsewhere."""
        wanted = self.routed + 1
        self.order("route")
        cluster.wait_for(lambda: self.routed >= wanted, "the stock producer has asked for the route", END_DEADLINE_S)

    def turn_to(self, topic):
        """What it sends from now on goes there; it has to ask for its route."""
        self.order(f"topic {topic}")

    def order(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def stop(self):
        """Ends it, and waits for what it still has to tell."""
        if self.process.poll() is None:
            self.order("end")
            try:
                self.process.wait(END_DEADLINE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.reader.join(5)
        # Not counted as a measured send, but it lies in the topic.
        self.history.operations.append(self.first)
