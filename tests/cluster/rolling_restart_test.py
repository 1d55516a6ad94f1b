#!/usr/bin/env python3
"""A rolling restart that fails no stock send: the members of a group are ended by SIGTERM and started again, one after the
other, while their listening sockets stay open, as systemd's socket units keep them, or after they have gone on serving until
clients know the new route (docs/failover.md).

  tests/cluster/rolling_restart_test.py              the members' sockets are held by this process, or they are drained
  tests/cluster/rolling_restart_test.py --unheld     neither: shows what fails then, and checks the rest

A stock Java producer with default settings sends 100 messages a second. It knows the route of its start all the time, which
in the end is wrong; only where members are drained it asks for it while one goes, as it else does every 30 s. Beside it
threads of the wire client send through all members. $TERN names another program than build/release/tern. The last line is "N passed, N failed, N skipped".
"""

import collections
import contextlib
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
import stock_producer

STOCK, TOPIC, WIRE_TOPIC, READERS, QUEUES = "5.5.0", "Rolling", "RollingWire", "rolling-readers", 8
RATE, SIZE, WIRE_RATE = 100, 200, 50
AWAY_S = 0.1  # RestartSec of the unit files.
BETWEEN_S = 0.5  # In which an operator looks at groupStatus.
ROUNDS = 2
DRAIN_MS = 1500
END_S = 5
STAYS_S = 1


def restart(group, member, asks_route):
    member.terminate()
    while asks_route and member.is_up():
        asks_route()
        time.sleep(0.2)
    status = member.wait_until_ended()
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


class Run:
    """One group under load; restarts it and says which sends failed."""

    def __init__(self, directory, is_held, is_drained):
        self.is_drained = is_drained
        self.group = cluster.Cluster(directory, settings={"drainOnStopMs": DRAIN_MS} if is_drained else None)
        if is_held:
            for member in self.group.members:
                member.hold_sockets()
        self.log = history.History()

    def restarts_all(self, leader_at):
        group = self.group
        with group:
            group.start()
            group.create_topic(TOPIC, QUEUES)
            group.create_topic(WIRE_TOPIC, QUEUES)
            group.create_group(READERS)
            stock = stock_producer.StockProducer(STOCK, group.namesrv, TOPIC, group.directory, rate=RATE, size=SIZE)
            wire_clients = [load.Producer(f"wire{number}", group.members, WIRE_TOPIC, QUEUES, self.log, number, WIRE_RATE, SIZE)
                            for number in range(2)]
            for client in wire_clients:
                client.start()
            restarted = []
            try:
                time.sleep(BETWEEN_S)
                for _ in range(ROUNDS):
                    for member in in_order(group, leader_at):
                        begun = time.monotonic()
                        restart(group, member, stock.ask_route if self.is_drained else None)
                        restarted.append((member.name, begun, time.monotonic()))
            finally:
                stock.stop()
                load.stop_all(wire_clients)
            group.wait_until_healthy(behind_max=0)
            self.broken = self.account(stock.history, TOPIC) + self.account(self.log, WIRE_TOPIC)
        self.sends = len(stock.operations)
        self.failed = [operation for operation in stock.operations if operation.outcome != history.ACKNOWLEDGED]
        self.slowest = max(operation.ended - operation.begun for operation in stock.operations)
        self.by_restart = [(name, sum(begun <= operation.ended <= ended for operation in self.failed))
                           for name, begun, ended in restarted]
        self.repeated = sum(operation.requests > 1 for operation in stock.operations)
        self.most_tries = max(operation.requests for operation in stock.operations)

    def account(self, log, topic):
        copies = {member.name: history.drain(member.address, topic, QUEUES, READERS) for member in self.group.members}
        return [f"{rule}: {history.shown(violations)}" for rule, violations in history.Account(log, topic, copies).rules()
                if violations]

    def told(self):
        codes = collections.Counter(str(operation.code) for operation in self.failed)
        return (f"{self.sends} stock sends, {self.repeated} of them repeated by the client, at most {self.most_tries} tries, "
                f"{len(self.failed)} failed "
                f"{dict(codes) or ''}; the slowest took {self.slowest:.2f} s; failed by restart: {self.by_restart}; wire: "
                f"{self.log.counts()[1]}")


def no_stock_send_fails(directory, is_held, leader_at, is_drained=False):
    run = Run(directory, is_held, is_drained)
    run.restarts_all(leader_at)
    print(run.told(), flush=True)
    assert not run.broken, "\n".join(run.broken)
    if is_held or is_drained:
        assert not run.failed, "\n".join(str(operation) for operation in run.failed[:10])


def leader_last(directory, is_held):
    no_stock_send_fails(directory, is_held, "last")


def leader_first(directory, is_held):
    no_stock_send_fails(directory, is_held, "first")


def drained(directory, _):
    no_stock_send_fails(directory, False, "first", is_drained=True)


def drain_ends(directory, _):
    """At once when nobody is connected; with the last client; by a second signal, while it drains or before; not begun after
    SIGINT."""
    group = cluster.Cluster(directory, settings={"drainOnStopMs": 60_000})
    with group:
        group.start()
        for ends in (after_no_client, after_its_last_client, after_a_second_signal, after_an_early_second_signal, after_an_interrupt):
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


def main():
    is_held = "--unheld" not in sys.argv[1:]
    tests = [leader_last, leader_first, *([drained, drain_ends] if is_held else [])]
    failed = 0
    for test in tests:
        with tempfile.TemporaryDirectory(prefix="tern-rolling-") as directory:
            try:
                test(directory, is_held)
                print(f"PASS {test.__name__}", flush=True)
            except (AssertionError, cluster.ClusterFailed, OSError, subprocess.TimeoutExpired):
                failed += 1
                print(f"FAIL {test.__name__}: {traceback.format_exc(limit=-3)}", flush=True)
    print(f"{len(tests) - failed} passed, {failed} failed, 0 skipped")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
