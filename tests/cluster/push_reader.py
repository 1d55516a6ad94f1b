"""A stock Java push consumer as a process, which tells the key of every message that it gets."""

import pathlib
import subprocess
import threading

import cluster
import servers

import jars

VERSION = "5.5.0"
PROGRAM = pathlib.Path(__file__).with_name("PushReader.java")
# A route that has changed is looked at after a second instead of 20.
JVM = ["java", "-Drocketmq.client.rebalance.waitInterval=1000", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
       "-Xmx256m", *jars.OPEN_MODULES]
DEADLINE_S = 45  # A pull that is lost with its broker may take the 30 s that the client allows it.


def prepare(version=VERSION):
    """Gets and compiles what it needs, which takes a network the first time."""
    jars.client_classpath(version)


class PushReader:
    """What it got is in keys."""

    def __init__(self, namesrv, group, topics, directory, version=VERSION):
        self.errors = directory / "consumer.err"
        self.keys = set()
        command = [*JVM, f"-Duser.home={directory}", "-cp", jars.client_classpath(version), str(PROGRAM),
                   namesrv, group, *topics]
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(command, cwd=directory, stdin=subprocess.PIPE,
                                            stdout=subprocess.PIPE, stderr=errors, text=True,
                                            preexec_fn=servers.die_with_parent)
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        self.gets({"started"}, cluster.START_DEADLINE_S)

    def listen(self):
        for line in self.process.stdout:
            self.keys.add(line.strip())

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
