"""A stock push consumer as a process, which tells the key of every message that it gets."""

import pathlib
import threading
import time

import cluster
import jars
import stock_producer

VERSION = "5.5.0"
PROGRAM = pathlib.Path(__file__).with_name("PushReader.java")
JVM = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx256m", *jars.OPEN_MODULES]
# Routes are asked for and offsets stored every half second instead of every 30 and 5 s, and a route that has changed is
# looked at after a second instead of 20.
EAGER = ["-Dinterval=500", "-Drocketmq.client.rebalance.waitInterval=1000"]
DEADLINE_S = 45  # A pull that is lost with its broker may take the 30 s that the client allows it.


def prepare(version=VERSION):
    """Gets and compiles what it needs, which takes a network the first time."""
    jars.client_classpath(version)


def program(version, directory, is_eager, source=PROGRAM):
    if other := stock_producer.other_program(version, "consumer"):
        return other
    return [*JVM, *(EAGER if is_eager else []), f"-Duser.home={directory}", "-cp", jars.client_classpath(version), str(source)]


class PushReader:
    """What it got is in keys; told_at has when it first told so (time.monotonic)."""

    def __init__(self, namesrv, group, topics, directory, version=VERSION, *, is_eager=True):
        """Eager, it notices sooner than with default settings what has changed."""
        self.errors = directory / "consumer.err"
        self.told_at = {}
        command = [*program(version, directory, is_eager), namesrv, group, *topics]
        self.process = stock_producer.start(command, directory, self.errors)
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        self.gets({"started"}, cluster.START_DEADLINE_S)

    @property
    def keys(self):
        return set(self.told_at)

    def listen(self):
        for line in self.process.stdout:
            self.told_at.setdefault(line.strip(), time.monotonic())

    def gets(self, keys, seconds=DEADLINE_S):
        """Waits until it has all of these."""
        def missing():
            lacking = sorted(keys - self.keys)
            return f"a stock consumer gets {len(keys)} messages; it lacks {len(lacking)}: {lacking[:3]}\n" \
                + self.errors.read_text()[-2000:]
        cluster.wait_for(lambda: keys <= self.keys, missing, seconds)

    def does(self, order):
        """ "suspend" or "resume"."""
        self.process.stdin.write(order + "\n")
        self.process.stdin.flush()
        self.gets({order})

    def stop(self):
        self.process.kill()
        self.process.wait()
