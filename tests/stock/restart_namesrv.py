#!/usr/bin/env python3
"""Stock clients while the only NameServer goes and another one comes at its address, which knows no broker at first.

  tests/stock/restart_namesrv.py                        the Java clients, a Go and a Python one with TernMQ
  tests/stock/restart_namesrv.py --server java-5.5.0    with the stock servers: this is how an expectation is proven

A producer and a push consumer of each go on without it and with the other one, which TernMQ's broker makes itself known to
within seconds; some that start before the other one knows the broker begin as soon as it does. Prints a line a case, at last "N passed, N failed, N skipped"; --evidence as
of tests/stock/run.
"""

import argparse
import pathlib
import shutil
import signal
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cluster")]
import cluster
import evidence
import history
import jars
import push_reader
import servers
import stock_producer
import wire

JAVA = {"java-5.5.0": "5.5.0", "java-4.9.7": "4.9.7"}
OTHERS = [stock_producer.GO, stock_producer.PYTHON]
CLIENTS = [*JAVA, *OTHERS]
BEGIN_WITHOUT_ROUTE = [*JAVA, stock_producer.PYTHON]  # The Go client's consumer refuses to.
RATE, SIZE, COUNT = 50, 500, 100
QUEUES = 4  # Of a topic that a send has created.
KNOWN_DEADLINE_S = {"tern": 5}  # To a NameServer that comes back.
JAVA_KNOWN_DEADLINE_S = 60  # A stock broker registers every 30 s.


class Pair:
    """A producer and a push consumer, with a topic of their own."""

    def __init__(self, client, namesrv, name, directory):
        self.client = client
        self.version = JAVA.get(client, client)
        self.name = f"{name}-{client.replace('.', '_')}"
        self.namesrv = namesrv
        self.directory = directory / self.name
        self.directory.mkdir()
        self.producer, self.reader = None, None

    def start(self, *, is_awaited):
        self.producer = stock_producer.StockProducer(self.version, self.namesrv, self.name, self.directory, rate=RATE,
                                                     size=SIZE, is_awaited=is_awaited)
        self.reader = push_reader.PushReader(self.namesrv, f"{self.name}-readers", [self.name], self.directory, self.version)

    def goes_on(self):
        """So many sends that are begun from now on are accepted, and none has failed ever; the reader gets all so far."""
        now = time.monotonic()
        cluster.wait_for(lambda: sum(operation.begun >= now for operation in self.accepted()) >= COUNT,
                         f"{COUNT} sends to {self.name} accepted")
        self.reader.gets({operation.key for operation in self.accepted()})

    def accepted(self):
        operations = list(self.producer.operations)
        failed = [str(operation) for operation in operations if operation.outcome != history.ACKNOWLEDGED]
        if failed:
            raise cluster.ClusterFailed(f"{len(failed)} sends to {self.name} failed: {failed[:3]}")
        return operations

    def account(self, broker):
        """What was told of each send is true, as far as the client tells it, and the reader has got it."""
        self.producer.stop()
        stored = history.drain(broker, self.name, QUEUES, f"{self.name}-readers")
        if self.client in JAVA:
            for rule, violations in history.Account(self.producer.history, self.name, {"broker": stored}).rules():
                if violations:
                    raise cluster.ClusterFailed(f"{rule}: " + "\n".join(history.shown(violations)))
        lost = {operation.key for operation in self.accepted()} - {each.key for queue in stored.values() for each in queue}
        if lost:
            raise cluster.ClusterFailed(f"{self.name} lacks {len(lost)} messages: {sorted(lost)[:3]}")
        self.reader.gets({operation.key for operation in self.accepted()})
        unknown = self.reader.keys - {operation.key for operation in self.producer.history.operations} - {"started"}
        if unknown:
            raise cluster.ClusterFailed(f"the consumer of {self.name} got what nobody sent: {sorted(unknown)[:3]}")

    def stop(self):
        for client in self.producer, self.reader:
            if client:
                client.stop()


class NameServer:
    """One after the other at the same address."""

    def __init__(self, servers_):
        self.servers = servers_
        self.number = 0
        self.connection = wire.Connection(servers_.namesrv)

    def goes(self):
        server = next(each for each in self.servers.servers if each.name.startswith("namesrv"))
        server.stop()
        self.servers.servers.remove(server)
        self.connection.close()

    def comes(self):
        self.number += 1
        self.servers.launch("namesrv", self.servers.namesrv_file, f"namesrv-{self.number}")

    def knows(self, topic):
        return wire.route(self.connection, topic, wire.in_seconds(5))

    def wait_until_it_knows(self, topic):
        cluster.wait_for(lambda: self.knows(topic), lambda: f"the route of {topic}\n{self.servers.tails()}",
                         KNOWN_DEADLINE_S.get(self.servers.kind, JAVA_KNOWN_DEADLINE_S))


class Run:
    def __init__(self, kind, directory):
        self.kind, self.directory = kind, directory
        self.pairs, self.rows = [], []

    def case(self, name, pairs, *steps):
        """For each pair a result."""
        for pair in pairs:
            reason = ""
            try:
                for step in steps:
                    step(pair)
            except (cluster.ClusterFailed, wire.WireError) as failure:
                reason = str(failure)
            word = "FAIL" if reason else "PASS"
            self.rows.append(evidence.Row(pair.client, self.kind, name, word, reason))
            print(f"{word} {pair.client} {name}" + (f": {reason}" if reason else ""), flush=True)

    def whole(self):
        with servers.start(self.kind, self.directory) as cluster_:
            try:
                self.with_servers(cluster_)
            finally:
                for pair in self.pairs:
                    pair.stop()

    def with_servers(self, cluster_):
        name_server = NameServer(cluster_)
        running = self.make_pairs("running", cluster_.namesrv, CLIENTS)
        for pair in running:
            pair.start(is_awaited=True)
            pair.goes_on()
        name_server.goes()
        self.case("namesrv_is_away", running, Pair.goes_on)
        name_server.comes()
        name_server.wait_until_it_knows(running[0].name)
        self.case("namesrv_is_another", running, Pair.goes_on, lambda pair: pair.account(cluster_.broker))
        # A broker that does nothing does not register.
        broker = next(server for server in cluster_.servers if server.name == "broker").process
        broker.send_signal(signal.SIGSTOP)
        name_server.goes()
        name_server.comes()
        young = self.make_pairs("young", cluster_.namesrv, BEGIN_WITHOUT_ROUTE)
        for pair in young:
            pair.start(is_awaited=False)
            cluster.wait_for(lambda: pair.producer.waits, f"the producer of {pair.name} finds no route")
        broker.send_signal(signal.SIGCONT)
        name_server.wait_until_it_knows(running[0].name)
        self.case("namesrv_without_broker", young, lambda pair: pair.producer.wait_until_it_sends(), Pair.goes_on,
                  lambda pair: pair.account(cluster_.broker))

    def make_pairs(self, name, namesrv, clients):
        made = [Pair(client, namesrv, name, self.directory) for client in clients]
        self.pairs += made
        return made


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=servers.KINDS, default="tern", help="what to start")
    parser.add_argument("--keep", action="store_true", help="keep the directory with stores and logs")
    parser.add_argument("--evidence", metavar="FILE", type=pathlib.Path, help="note the results there, as JSON lines")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for version in JAVA.values():  # As long as there is a network to get it from.
        jars.client_classpath(version)
    for client in OTHERS:
        stock_producer.other_program(client, "producer")
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tern-namesrv-"))
    run, is_complete = Run(arguments.server, directory), False
    try:
        run.whole()
        is_complete = True
    except (cluster.ClusterFailed, servers.ServerFailed) as failure:
        print(f"FAIL the run comes to its end: {failure}")
    except KeyboardInterrupt:
        sys.exit("interrupted")
    finally:
        if arguments.keep:
            print(f"kept: {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    if arguments.evidence and is_complete:
        evidence.write(arguments.evidence, evidence.command("restart_namesrv.py", run.kind), run.rows)
    passed = sum(row.word == "PASS" for row in run.rows)
    failed = len(run.rows) - passed + (not is_complete)
    print(f"{passed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
