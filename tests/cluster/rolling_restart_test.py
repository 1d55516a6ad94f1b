#!/usr/bin/env python3
"""A rolling restart that fails no stock send: the members of a group are ended by SIGTERM and started again, one after the
other, while their listening sockets stay open, as systemd's socket units keep them, or after they have gone on serving until
clients know the new route (docs/failover.md).

  tests/cluster/rolling_restart_test.py              the members' sockets are held by this process, or they are drained
  tests/cluster/rolling_restart_test.py --unheld     neither: shows what fails then, and checks the rest
  tests/cluster/rolling_restart_test.py --as-users   drained for as long as members are by default, with producers of all stock
                                                     clients, which ask for routes when they like to (2 minutes)
  ... --evidence docs/evidence/rolling_restart.jsonl            appends a line of JSON a test

A stock Java producer with default settings sends 100 messages a second. It knows the route of its start all the time, which
in the end is wrong; only where members are drained, and not --as-users, it is told to ask for it while one goes, as it else
does every 30 s. Beside it threads of the wire client send through all members. $TERN names another program than
build/release/tern. The last line is "N passed, N failed, N skipped".
"""

import argparse
import collections
import contextlib
import dataclasses
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

import cluster
import history
import load
import origin
import stock_producer

RECORDS = []  # Of each run of producers, whether it failed or not.
WIRE_TOPIC, READERS, QUEUES = "RollingWire", "rolling-readers", 8
RATE, SIZE, WIRE_RATE = 100, 200, 50
AWAY_S = 0.1  # RestartSec of the unit files.
BETWEEN_S = 0.5  # In which an operator looks at groupStatus.
END_S = 5
LEAST_SHARE = 0.5  # Of the sends that are due: a client that waits for an answer sends no other.
STAYS_S = 1


@dataclasses.dataclass(frozen=True)
class Way:
    """Of ending members."""
    is_held: bool = False  # Their sockets are open all the time.
    drain_ms: int = 0
    are_told_to_ask: bool = False  # Clients, for the route.
    producers: tuple = ("5.5.0",)
    rounds: int = 2
    fails_none: bool = True


HELD = Way(is_held=True)
DRAINED = Way(drain_ms=1500, are_told_to_ask=True)
AS_USERS = Way(drain_ms=35_000, rounds=1,
               producers=("5.5.0", "4.9.7", stock_producer.GO, stock_producer.PYTHON, stock_producer.NODE))
NEITHER = Way(fails_none=False)


def restart(group, member, way, producers):
    member.terminate()
    ask = (lambda: [producer.ask_route() for producer in producers]) if way.are_told_to_ask else None
    status = member.wait_until_ended(ask)
    assert status == 0, f"{member.name} ended with status {status}\n{member.tail()}"
    time.sleep(AWAY_S)
    member.start()
    member.wait_until_ready()
    group.wait_until_healthy()
    time.sleep(BETWEEN_S)


def in_order(group, leader_at):
    """The members as they are to be restarted; the one that leads now first or last."""
    leader = group.wait_for_leader()
    others = [member for member in group.members if member is not leader]
    return [leader, *others] if leader_at == "first" else [*others, leader]


def topic_of(version):
    return "Rolling-" + version.replace(".", "-")


class Run:
    """One group under load; restarts it and says which sends failed."""

    def __init__(self, directory, way):
        self.way = way
        self.group = cluster.Cluster(directory, settings={"drainOnStopMs": way.drain_ms})
        if way.is_held:
            for member in self.group.members:
                member.hold_sockets()
        self.log = history.History()
        self.restarted = []

    def restarts_all(self, leader_at):
        group = self.group
        with group:
            group.start()
            group.create_topic(WIRE_TOPIC, QUEUES)
            group.create_group(READERS)
            self.producers = {version: self.producer(version) for version in self.way.producers}
            wire_clients = [load.Producer(f"wire{number}", group.members, WIRE_TOPIC, QUEUES, self.log, number, WIRE_RATE, SIZE)
                            for number in range(2)]
            for client in wire_clients:
                client.start()
            begun = time.monotonic()
            try:
                time.sleep(BETWEEN_S)
                for _ in range(self.way.rounds):
                    for member in in_order(group, leader_at):
                        told = time.monotonic()
                        restart(group, member, self.way, self.producers.values())
                        self.restarted.append((member.name, told, time.monotonic()))
            finally:
                self.lasted_s = time.monotonic() - begun
                for producer in self.producers.values():
                    producer.stop()
                load.stop_all(wire_clients)
            group.wait_until_healthy(behind_max=0)
            self.broken = self.account(self.log, WIRE_TOPIC)
            for version, producer in self.producers.items():
                look = self.lost if stock_producer.other_program(version, "producer") else self.account
                self.broken += look(producer.history, topic_of(version))

    def producer(self, version):
        topic = topic_of(version)
        self.group.create_topic(topic, QUEUES)
        directory = self.group.directory / topic
        directory.mkdir()
        return stock_producer.StockProducer(version, self.group.namesrv, topic, directory, rate=RATE, size=SIZE)

    def account(self, log, topic):
        return [f"{topic}: {rule}: {history.shown(violations)}"
                for rule, violations in history.Account(log, topic, self.copies(topic)).rules() if violations]

    def lost(self, log, topic):
        """Of a client that does not tell all that the account asks for."""
        acknowledged = {operation.key for operation in log.operations if operation.outcome == history.ACKNOWLEDGED}
        for name, queues in self.copies(topic).items():
            missing = acknowledged - {message.key for messages in queues.values() for message in messages}
            if missing:
                yield f"{topic}: not at {name}: {sorted(missing)[:10]}"

    def copies(self, topic):
        return {member.name: history.drain(member.address, topic, QUEUES, READERS) for member in self.group.members}

    def told(self, version):
        operations, failed = self.producers[version].operations, self.failed(version)
        codes = collections.Counter(str(operation.code) for operation in failed)
        by_restart = [(name, sum(begun <= operation.ended <= ended for operation in failed))
                      for name, begun, ended in self.restarted]
        # Others do not tell how often they try.
        tries = "" if stock_producer.other_program(version, "producer") else (
            f", at most {max(operation.requests for operation in operations)} tries")
        slowest_s = max(operation.ended - operation.begun for operation in operations)
        return (f"{version}: {len(operations)} sends{tries}, "
                f"{len(failed)} failed {dict(codes) or ''}; the slowest took {slowest_s:.2f} s; failed by restart: {by_restart}; "
                f"wire: {self.log.counts()[1]}")

    def record(self):
        """For a line of evidence."""
        return {"sockets_held": self.way.is_held, "drain_ms": self.way.drain_ms, "restarts": len(self.restarted),
                "seconds": round(self.lasted_s), "broken": self.broken,
                "clients": {version: {"sends": len(producer.operations), "failed": len(self.failed(version))}
                            for version, producer in self.producers.items()}}

    def failed(self, version):
        return [operation for operation in self.producers[version].operations if operation.outcome != history.ACKNOWLEDGED]


def no_stock_send_fails(directory, way, leader_at):
    run = Run(directory, way)
    run.restarts_all(leader_at)
    for version in way.producers:
        print(run.told(version), flush=True)
    RECORDS.append(run.record())
    assert not run.broken, "\n".join(run.broken)
    for version, producer in run.producers.items():
        sends, least = len(producer.operations), RATE * run.lasted_s * LEAST_SHARE
        assert sends > least, f"{version}: {sends} sends in {run.lasted_s:.0f} s"
    failed = [f"{version}: {operation}" for version in way.producers for operation in run.failed(version)]
    assert not failed or not way.fails_none, "\n".join(failed[:10])


def leader_last(directory, way=HELD):
    no_stock_send_fails(directory, way, "last")


def leader_first(directory, way=HELD):
    no_stock_send_fails(directory, way, "first")


def leader_last_unheld(directory):
    leader_last(directory, NEITHER)


def leader_first_unheld(directory):
    leader_first(directory, NEITHER)


def drained(directory):
    leader_first(directory, DRAINED)


def drained_as_users(directory):
    leader_first(directory, AS_USERS)


def drain_ends(directory):
    """At once when nobody is connected; with the last client; by a second signal, while it drains or before; not begun after
    SIGINT."""
    group = cluster.Cluster(directory, settings={"drainOnStopMs": 60_000})
    with group:
        group.start()
        for ends in (after_no_client, after_its_last_client, after_a_second_signal, after_an_early_second_signal,
                     after_an_interrupt):
            leader = group.wait_for_leader()
            leader.admin.close()
            begun = time.monotonic()
            ends(leader)
            status = leader.wait_until_ended()
            took = time.monotonic() - begun
            assert status == 0 and took < END_S, f"{ends.__name__}: {leader.name} ended with status {status} after {took:.1f} s"
            leader.start()
            leader.wait_until_ready()
            group.wait_until_healthy()


def client_of(member):
    return contextlib.closing(socket.create_connection((member.host, member.port)))


def stops_and_drains(member):
    drained = member.logged(" draining ")
    member.terminate()
    cluster.wait_for(lambda: member.logged(" draining ") > drained, f"{member.name} drains")


def after_no_client(member):
    member.terminate()


def after_its_last_client(member):
    with client_of(member):
        stops_and_drains(member)
        time.sleep(STAYS_S)
        assert member.process.poll() is None, f"{member.name} has not waited for its client"


def after_a_second_signal(member):
    with client_of(member):
        stops_and_drains(member)
        member.terminate()
        member.process.wait(END_S)


def after_an_early_second_signal(member):
    with client_of(member):
        stopping = member.logged(" stopping ")
        member.terminate()
        cluster.wait_for(lambda: member.logged(" stopping ") > stopping, f"{member.name} has heard the first signal")
        member.terminate()  # It still hands over, most likely.
        member.process.wait(END_S)


def after_an_interrupt(member):
    with client_of(member):
        member.terminate(signal.SIGINT)
        member.process.wait(END_S)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--unheld", action="store_true", help="neither held sockets nor a drain")
    way.add_argument("--as-users", action="store_true", help="drained as by default, all stock clients")
    parser.add_argument("--evidence", type=pathlib.Path, metavar="FILE", help="append a line of JSON for each run of producers")
    return parser.parse_args()


def main():
    options = parse_arguments()
    tests = ([leader_last_unheld, leader_first_unheld] if options.unheld else [drained_as_users] if options.as_users else
             [leader_last, leader_first, drained, drain_ends])
    of_what = origin.now_and_commit() | {"command": "tests/cluster/rolling_restart_test.py"
                                         + (" --unheld" if options.unheld else " --as-users" if options.as_users else "")}
    failed = 0
    for test in tests:
        with tempfile.TemporaryDirectory(prefix="tern-rolling-") as directory:
            try:
                test(directory)
                print(f"PASS {test.__name__}", flush=True)
            except (AssertionError, cluster.ClusterFailed, OSError, subprocess.TimeoutExpired):
                failed += 1
                print(f"FAIL {test.__name__}: {traceback.format_exc(limit=-3)}", flush=True)
    if options.evidence:
        with options.evidence.open("a") as file:
            file.writelines(json.dumps(of_what | record) + "\n" for record in RECORDS)
    print(f"{len(tests) - failed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
