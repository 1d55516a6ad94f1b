#!/usr/bin/env python3
"""A group of three brokers as processes, clients that send, faults drawn from a seed, and an account at the end.

  tests/cluster/run.py --seed 7 --minutes 2                 faults of all kinds that processes can have
  tests/cluster/run.py --seed 7 --minutes 1 --kill leader   SIGKILL of the leader, and nothing else
  tests/cluster/run.py --kill partition                     members in network namespaces, links cut (needs root)

Kinds: leader, kill (SIGKILL of one, two or all), pause (SIGSTOP 0.1 to 30 s), term (SIGTERM), any (these); partition (links
between members cut, in one direction or both), network (all of a member's packets lost or 5 to 30 %, little bandwidth,
resets, and SIGKILL), nameserver (NameServers killed and paused, and SIGKILL); everything (all of these). disk (SIGKILL, and the
member comes back with an empty store, and SIGTERM; old segments expire meanwhile, so it may need a snapshot); full (a disk without room, and
SIGKILL; needs root); slaves (any, of a SYNC_MASTER with two slaves instead of a Raft group); slaves-network (partition, network and
nameserver, of the same).
With --stock a Java producer and a Java push consumer take part, and are held to the same rules; with --ordered also a
Java producer and two Java push consumers that keep the order of each key's messages, of which one comes and goes.
With --must a run goes on until it has done what is named (a verb, as kill; a whole fault, as "kill leader"; snapshot, that an
emptied member was given one), and has broken a rule if a minute more is not enough.
Prints a line an event and a table. A rule that was broken is named, and the exit status is 1; the directory with the
stores and logs is then kept. The last line is "N passed, N failed, N skipped", counted in rules.
"""

import argparse
import json
import os
import pathlib
import random
import shlex
import shutil
import signal
import statistics
import sys
import tempfile
import time

import cluster
import disks
import faults
import history
import load
import machines
import networks
import origin
import push_reader
import stock_order
import stock_producer
import wire

TOPIC, GROUP, QUEUES = "history", "history-readers", 8
OFFSETS_GROUP, OFFSETS_RATE = "history-offsets", 50
STOCK_TOPIC, STOCK_GROUP, STOCK_RATE, STOCK_SIZE = "history-stock", "history-stock-readers", 50, 500
ORDERED_TOPIC, ORDERED_GROUP = "history-ordered", "history-ordered-readers"
STOCK_READ_DEADLINE_S = 90  # A pull may wait half a minute at a member that was paused.
PROGRESS_DEADLINE_S = 15  # From a fault that leaves a majority to an acknowledged send; a machine may be busy.
SLOW_S = 3  # Without an accepted send; then it is told how the group stands.
HEAL_DEADLINE_S = 30
SERVES_AGAIN_S = 5
MUST_DEADLINE_S = 60  # For what the seed draws later than in the time of the run.
KEPT_S = 2  # Until a slave has an offset on its disk; it writes them every second.
SEGMENT = 4 * 1024 * 1024  # Small, so that the log rolls over often.


class Run:
    def __init__(self, options, directory):
        self.options = options
        self.begun = time.monotonic()
        self.history = history.History()
        self.chance = random.Random(options.seed)
        self.rules = []  # (rule, its violations as text)
        self.stalls = []
        self.first_sends_ms, self.whole_again_ms = [], []
        self.calm, self.asked_when_healed = history.Calm(), []
        place = networks.Namespaces() if options.kill in faults.ON_NETWORKS else cluster.Loopback()
        settings = {"mappedFileSizeCommitLog": SEGMENT, **faults.SETTINGS.get(options.kill, {}), **options.settings}
        self.group = cluster.Cluster(directory, place, settings, old_program=options.old,
                                     has_slaves=options.kill in faults.WITH_SLAVES)
        self.old = options.old and origin.of_program(options.old)
        self.faults = faults.Faults(self.group, options.kill, self.chance)
        self.stock, self.reader, self.ordered, self.stored_again = None, None, None, 0

    def say(self, line):
        print(f"[{time.monotonic() - self.begun:7.1f} s] {line}", flush=True)

    def whole(self):
        with self.group.place, self.group:
            if self.options.kill in faults.ON_DISKS:
                self.group.give_disks()
            self.group.start()
            self.group.create_topic(TOPIC, QUEUES)
            self.group.create_group(GROUP)
            self.group.create_group(OFFSETS_GROUP)
            if self.options.stock:
                self.start_stock()
            self.say(f"{self.group.leader().name} leads; {self.options.clients} clients begin")
            producers = [self.producer(number) for number in range(self.options.clients)]
            self.committer = load.Committer("offsets", self.group.members, TOPIC, QUEUES, OFFSETS_GROUP, self.options.seed,
                                            OFFSETS_RATE)
            producers.append(self.committer)
            try:
                for producer in producers:
                    producer.start()
                self.trouble()
                self.heal()
            finally:
                load.stop_all(producers)
                if self.stock:
                    self.stock.stop()
                if self.ordered:
                    self.ordered.end()
            self.account()

    def start_stock(self):
        """A Java producer and a Java push consumer, with a topic of their own and for both topics."""
        self.group.create_topic(STOCK_TOPIC, QUEUES)
        version, directory = self.options.stock, self.group.directory
        self.reader = push_reader.PushReader(self.group.namesrv, STOCK_GROUP, [TOPIC, STOCK_TOPIC], directory, version)
        self.stock = stock_producer.StockProducer(version, self.group.namesrv, STOCK_TOPIC, directory, rate=STOCK_RATE,
                                                  size=STOCK_SIZE)
        if self.options.ordered:
            self.group.create_topic(ORDERED_TOPIC, QUEUES)
            self.ordered = stock_order.StockOrder(version, self.group.namesrv, ORDERED_TOPIC, ORDERED_GROUP, directory)

    def producer(self, number):
        """One stays with each member; the others go from one to the next, and may all wait for one that is paused."""
        members = self.group.members[number:number + 1] or self.group.members
        return load.Producer(f"p{number}", members, TOPIC, QUEUES, self.history, self.options.seed, self.options.rate,
                             self.options.size)

    def trouble(self):
        end = self.begun + 60 * self.options.minutes
        number = 0
        while time.monotonic() < end or self.not_done() and time.monotonic() < end + MUST_DEADLINE_S:
            number += 1
            fault = self.faults.draw()
            # What the fault before did may still stand in the way: two faults may take the majority away.
            was_whole = not self.group.what_is_missing()
            if was_whole:
                self.calm.begins(self.names)
            if self.faults.needs_rest(fault) and not was_whole:
                self.becomes_whole(f"before {fault}")
            seen = len(self.history)
            self.calm.ends(self.names_hit_by(fault))
            effective = self.faults.begin(fault)
            told = f"{number}: {fault}"
            if was_whole and self.faults.leaves_majority(fault):
                told += f"; {self.progress(seen, effective, fault)}"
            self.rest(effective + fault.seconds)
            # Drawn for each: who is up does not depend on the seed alone.
            told += self.upgrade([member for member in fault.targets if self.chance.random() < 0.5 and not member.is_up()])
            self.faults.undo(fault)
            if self.chance.random() < 0.5 or self.faults.needs_rest(fault):
                told += f"; {self.becomes_whole(fault)}"
            self.rest(time.monotonic() + self.chance.uniform(0.2, 2))
            self.faults.note_deaths()
            self.say(f"{told}; {len(self.history):,} sends")

    @property
    def names(self):
        return [member.name for member in self.group.members]

    def names_hit_by(self, fault):
        """All slaves by what befalls their master."""
        return self.names if self.group.members[0] in fault.targets else [target.name for target in fault.targets]

    def not_done(self):
        """Of what the run must do."""
        return [name for name in self.options.must if not self.faults.has_done(name)]

    def upgrade(self, members):
        """Those that are still of the old version; which ones, as text."""
        names = []
        for member in members:
            if member.newer:
                member.upgrade()
                names.append(member.name)
        return f"; {', '.join(names)} of the newer version" if names else ""

    def upgrade_the_rest(self):
        """One by one, as an operator does it."""
        for member in self.group.members:
            if not member.newer:
                continue
            self.say(self.becomes_whole("before an upgrade"))
            member.terminate()
            if (status := member.wait_until_ended()) != 0:
                self.faults.broken.append(f"{member.name} ended with status {status} before its upgrade\n{member.tail()}")
            self.say(f"{member.name} ended{self.upgrade([member])}")
            member.start()
            member.wait_until_ready()

    @staticmethod
    def rest(until):
        """Lets time pass that the seed has drawn."""
        time.sleep(max(until - time.monotonic(), 0))

    def progress(self, seen, since, what):
        """Waits for an acknowledged send that was begun after a point of time, and is none of the first so many."""
        slow_at = time.monotonic() + SLOW_S

        def acknowledged():
            nonlocal slow_at
            if time.monotonic() > slow_at:
                slow_at += SLOW_S
                self.say(f"{what}: no send accepted yet\n{self.group.standing()}\n{self.outstanding()}")
            return [operation.ended for operation in self.history.since(seen)
                    if operation.begun >= since and operation.outcome == history.ACKNOWLEDGED]
        try:
            took = min(cluster.wait_for(acknowledged, "", PROGRESS_DEADLINE_S)) - since
        except cluster.ClusterFailed:
            self.stalls.append(f"{what}: no send accepted within {PROGRESS_DEADLINE_S} s\n{self.group.standing()}")
            return "no progress"
        self.first_sends_ms.append(took * 1000)
        return f"a send was accepted after {took * 1000:,.0f} ms"

    def outstanding(self):
        """Sends that wait, by the member they were sent to."""
        now = time.monotonic()
        waiting = [f"{operation.via} {now - operation.begun:.1f} s" for operation in self.history.since(-10_000)
                   if operation.ended is None]
        return f"sends without an answer: {', '.join(sorted(waiting)) or 'none'}"

    def becomes_whole(self, what):
        """All members run and reach each other again: they have to agree on a leader, be linked and catch up."""
        begun = time.monotonic()
        try:
            self.group.wait_until_healthy(seconds=HEAL_DEADLINE_S)
        except cluster.ClusterFailed as failure:
            self.stalls.append(f"{what}: {failure}")
            return "not whole again"
        self.calm.begins(self.names)
        took = time.monotonic() - begun
        self.whole_again_ms.append(took * 1000)
        return f"whole again after {took * 1000:,.0f} ms"

    def heal(self):
        """After all faults; each member has to serve."""
        self.upgrade_the_rest()
        self.say(self.becomes_whole("at the end"))
        self.name_servers_know()
        for member in self.group.members:
            self.serves(member)
        self.offsets_are_known()

    @property
    def patience_s(self):
        """What a healed member may need to serve again. What it passed on over a connection that was cut it gives up after
        forwardTimeoutMs; and a slave answers by itself until its master has the offsets that were committed to it meanwhile."""
        if self.group.has_slaves:
            return HEAL_DEADLINE_S
        return SERVES_AGAIN_S if self.options.kill in faults.ON_NETWORKS else 0

    def serves(self, member):
        probes = []
        connection = wire.Connection(member.address)

        def is_accepted():
            key = f"probe-{member.name}-{len(probes)}"
            probes.append(self.history.begin(key, 0, key.encode(), member.name))
            try:
                probes[-1].answered(connection.call(wire.SEND, wire.send_fields(TOPIC, 0, key), key.encode(),
                                                    deadline=wire.in_seconds(load.DEADLINE_S)))
            except wire.WireError as failure:
                probes[-1].failed(history.TIME_OUT, str(failure))
            return probes[-1].outcome == history.ACKNOWLEDGED
        try:
            cluster.wait_for(is_accepted, "", self.patience_s)
        except cluster.ClusterFailed:
            self.stalls.append(f"healed, and yet {probes[-1]}")
        if len(probes) > 1:
            self.say(f"{member.name} accepted probe {len(probes)}; the first: {probes[0]}")
        connection.close()

    def offsets_are_known(self):
        """What is committed through one member each of them answers."""
        for number, member in enumerate(self.group.members, 1):
            fields, told = wire.offset_fields(GROUP, TOPIC, 0), {}
            committed = machines.call(member.address, wire.UPDATE_OFFSET, fields | {"commitOffset": number})

            def are_known():
                told.update((each.name, machines.call(each.address, wire.QUERY_OFFSET, fields)) for each in self.group.members)
                return all(answer.fields.get("offset") == str(number) for answer in told.values())
            try:
                cluster.wait_for(are_known, "", self.patience_s)
            except cluster.ClusterFailed:
                self.stalls.append(f"healed, and yet after a commit of {number} through {member.name} ({committed}): "
                                   + ", ".join(f"{name} {answer} {answer.fields}" for name, answer in told.items()))

    def name_servers_know(self):
        """Also those that were away while the leader was elected."""
        for server in self.group.name_servers:
            connection = wire.Connection(server.address)
            try:
                cluster.wait_for(lambda: self.has_leader(connection), f"{server.name} knows the leader", HEAL_DEADLINE_S)
            except cluster.ClusterFailed as failure:
                self.stalls.append(f"{failure}\n{self.group.standing()}")
            connection.close()

    def has_leader(self, name_server):
        leader = self.group.leader()
        return leader and wire.route(name_server, TOPIC, wire.in_seconds(1)).get(0) == leader.address

    def account(self):
        self.group.wait_until_healthy(behind_max=0)
        committed = max(self.committed())
        cluster.wait_for(lambda: self.shows(committed), lambda: f"all show the log up to {committed}\n{self.group.standing()}")
        copies = self.copies(TOPIC, committed)
        differences = self.offsets_that_differ()
        stock_rules = self.stock_rules(committed) if self.stock else []
        for member, status in zip(self.group.members, self.group.end_members()):
            if status != 0:
                self.faults.broken.append(f"{member.name} ended with status {status} after SIGTERM\n{member.tail()}")
        self.rules = history.Account(self.history, TOPIC, copies, expires=self.faults.empties).rules()
        self.rules += [
            ("the commit logs are the same, byte for byte", list(history.log_differences(self.group.members, committed))),
            ("a member that runs answers every send", list(self.hangs())),
            ("a majority goes on, and a healed group is whole", self.stalls),
            ("members end when they are told to, and only then", self.faults.broken),
            ("all members of a healed group answer the same offsets", differences),
            *self.offset_rules(),
            *stock_rules,
        ]
        if self.options.must:
            self.rules.append(("the run does what it must", self.not_done()))

    def offsets_that_differ(self):
        """Of the group whose offsets were committed all the time; what each member is asked at last."""
        differing = {}

        def answers(queue):
            asked = [history.OffsetOperation(queue, None, member.name) for member in self.group.members]
            for operation, member in zip(asked, self.group.members):
                operation.answered(machines.call(member.address, wire.QUERY_OFFSET,
                                                 wire.offset_fields(OFFSETS_GROUP, TOPIC, queue)))
            differing[queue] = [str(operation) for operation in asked]
            return asked if len({operation.offset for operation in asked}) == 1 else None
        for queue in range(QUEUES):
            try:
                self.asked_when_healed += cluster.wait_for(lambda: answers(queue), "the same offset", HEAL_DEADLINE_S)
                del differing[queue]
            except cluster.ClusterFailed:
                pass
        return [", ".join(told) for told in differing.values()]

    def offset_rules(self):
        operations = [*self.committer.operations, *self.asked_when_healed]
        if not self.group.has_slaves:
            return history.offset_rules(operations)
        return history.slave_offset_rules(operations, self.group.members[0].name, self.calm, self.stands,
                                          set(self.asked_when_healed))

    def stands(self, answer):
        """A slave has what it keeps on its disk soon, and may be killed before."""
        (member,) = [member for member in self.group.members if member.name == answer.via]
        return member.was_well(answer.ended, answer.ended + KEPT_S)

    def committed(self):
        return [int(info["groupCommitted"]) for info in self.group.infos().values()]

    def shows(self, position):
        committed = self.committed()
        return len(committed) == len(self.group.members) and min(committed) >= position

    def copies(self, topic, until):
        """What each member has of it below a position: networks deliver some sends late that their clients have given up."""
        found = {}
        for member in self.group.members:
            queues = history.drain(member.address, topic, QUEUES, GROUP)
            found[member.name] = {queue: [message for message in messages if message.position < until]
                                  for queue, messages in queues.items()}
            self.say(f"{member.name} gave {sum(map(len, found[member.name].values())):,} messages of {topic}")
        return found

    def stock_rules(self, until):
        copies = self.copies(STOCK_TOPIC, until)
        account = history.Account(self.stock.history, STOCK_TOPIC, copies, expires=self.faults.empties)
        rules = account.rules()
        self.stored_again = account.stored_again()
        lacking = []
        try:
            self.reader.gets({operation.key for operation in (*self.history.operations, *self.stock.history.operations)
                              if operation.outcome == history.ACKNOWLEDGED}, STOCK_READ_DEADLINE_S)
        except cluster.ClusterFailed as failure:
            lacking.append(str(failure))
        self.reader.stop()
        ordered_rules = self.ordered.rules(STOCK_READ_DEADLINE_S) if self.ordered else []
        return [*((f"stock producer: {rule}", violations) for rule, violations in rules),
                (f"a stock consumer gets {history.LOST}", lacking), *ordered_rules]

    def hangs(self):
        members = {member.name: member for member in self.group.members}
        for operation in self.history.operations:
            if operation.code == history.TIME_OUT and members[operation.via].was_well(operation.begun, operation.ended):
                yield f"{operation} at {operation.begun - self.begun:.1f} s"

    def table(self):
        outcomes, codes = self.history.counts()
        told = ", ".join(f"{name} × {count}" for name, count in sorted(self.faults.counts.items()))
        settings = "".join(f", {key}={value}" for key, value in self.options.settings.items())
        print(f"\nseed {self.options.seed}, {self.group.place.name}, {self.options.clients} clients{settings}\n"
              f"  {'faults':16} {sum(self.faults.counts.values()):8,}   {told}\n"
              f"  {'sends':16} {len(self.history):8,}   "
              + ", ".join(f"{code} × {count:,}" for code, count in sorted(codes.items())))
        for outcome in history.OUTCOMES:
            print(f"  {outcome:16} {outcomes[outcome]:8,}")
        if self.stock:
            outcomes, codes = self.stock.history.counts()
            print(f"  {'stock sends':16} {sum(outcomes.values()):8,}   "
                  + ", ".join(f"{code} × {count:,}" for code, count in sorted(codes.items()))
                  + f"; {self.stored_again:,} are there more than once")
        if self.ordered:
            print(f"  {'ordered sends':16} {sum(map(len, self.ordered.order.sent.values())):8,}   of {stock_order.KEYS} keys; "
                  f"queues came to another consumer {self.ordered.order.moves} times")
        if self.faults.empties:
            print(f"  {'snapshots':16} {self.faults.snapshots():8,}   of members that came back with nothing")
        commits, answers = self.committer.counts()
        print(f"  {'offsets':16} {len(self.committer.operations):8,}   {commits:,} commits acknowledged, "
              f"{answers:,} questions answered")
        for name, times in ("accepted after", self.first_sends_ms), ("whole again after", self.whole_again_ms):
            if times:
                print(f"  {name:17} {statistics.median(times):7,.0f} ms in the middle, {max(times):,.0f} ms at most, of "
                      f"{len(times)} times")
        if unexpected := self.history.unexpected_codes():
            print(f"  no rule names these codes: {', '.join(unexpected)}")
        print()
        for rule, violations in self.rules:
            print(f"{'FAIL' if violations else 'PASS'} {rule}" + (f": {len(violations)} times" if violations else ""))
            for line in history.shown(violations):
                print("  " + line.replace("\n", "\n  "))

    def record(self):
        """As a line of evidence."""
        outcomes, _ = self.history.counts()
        stock_outcomes = self.stock.history.counts()[0] if self.stock else {}
        return {**origin.now_and_commit(),
                "command": shlex.join(["tests/cluster/run.py", *what_is_done(sys.argv[1:])]), "kind": self.options.kill,
                "settings": self.options.settings, "old": self.old, "stock": self.options.stock,
                "place": self.group.place.name,
                "faults": dict(sorted(self.faults.counts.items())), "kills": self.faults.kills,
                "sends": {outcome: outcomes[outcome] for outcome in history.OUTCOMES},
                "stock_sends": {outcome: stock_outcomes.get(outcome, 0) for outcome in history.OUTCOMES},
                "stock_stored_again": self.stored_again,
                "first_sends_ms": [round(value, 1) for value in self.first_sends_ms],
                "whole_again_ms": [round(value, 1) for value in self.whole_again_ms],
                "rules": len(self.rules),
                "broken": {rule: len(violations) for rule, violations in self.rules if violations}}


def what_is_done(arguments):
    """Those of the command's arguments that matter elsewhere, too: no places of this machine."""
    arguments = iter(arguments)
    for argument in arguments:
        if argument in ("--evidence", "--directory"):
            next(arguments)
        else:
            yield argument


def setting(text):
    key, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"{text}: not like key=value")
    return key, value


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--seed", type=int, default=1)
    add("--minutes", type=float, default=1, help="of faults (default 1)")
    add("--kill", choices=faults.MIXES, default="any", metavar="KIND", help="which faults (default any)")
    add("--must", type=lambda text: text.split(","), default=[], metavar="FAULT,…", help="what the run has to do")
    add("--clients", type=int, default=9, help="threads that send: one stays with each member (default 9)")
    add("--rate", type=float, default=50, help="sends a second of each, at most (default 50)")
    add("--size", type=int, default=2000, help="bytes of a body, at most (default 2000)")
    add("--set", dest="settings", type=setting, nargs="*", default=[], metavar="KEY=VALUE", help="settings of the brokers")
    add("--old", type=pathlib.Path, metavar="PROGRAM",
        help="the members begin as this tern of another version; who starts again may come as the newer one")
    add("--stock", metavar="VERSION", help="stock Java clients of this version take part: 5.5.0, 4.9.7")
    add("--ordered", action="store_true", help="some of the stock clients keep an order")
    add("--evidence", type=pathlib.Path, metavar="FILE", help="append a line of JSON")
    add("--directory", type=pathlib.Path, help="where stores are made and removed (default: where temporary files are)")
    add("--keep", action="store_true", help="keeps stores and logs also when nothing was wrong")
    options = parser.parse_args()
    options.settings = dict(options.settings)
    for name in options.must:
        if not any(name in faults.names_of(fault) for fault in faults.MIXES[options.kill]):
            parser.error(f"--must {name}: --kill {options.kill} never draws it, but " + ", ".join(faults.MIXES[options.kill]))
    if options.ordered and options.stock in (None, stock_producer.GO):
        parser.error("--ordered is for Java clients of the version that --stock names")
    return options


def what_is_missing(kind):
    """For these faults here; "" if nothing."""
    if kind in faults.ON_DISKS:
        return disks.missing()
    if kind in faults.ON_NETWORKS:
        return networks.missing(disturbs=kind != "partition")
    return ""


def stop(*_):
    raise KeyboardInterrupt


def main():
    options = parse_arguments()
    signal.signal(signal.SIGTERM, stop)
    if missing := what_is_missing(options.kill):
        print(f"SKIP {options.kill}: {missing}\n0 passed, 0 failed, 1 skipped")
        return
    if options.stock:
        push_reader.prepare(options.stock)
    directory = tempfile.mkdtemp(prefix="tern-cluster-", dir=options.directory)
    failed = True
    try:
        run = Run(options, directory)
        try:
            run.whole()
        except (cluster.ClusterFailed, wire.WireError) as failure:
            run.rules.append((f"the run comes to its end: {failure}", [run.group.tails()]))
        run.table()
        if options.evidence:
            with options.evidence.open("a") as file:
                file.write(json.dumps(run.record()) + "\n")
        broken = sum(bool(violations) for _, violations in run.rules)
        failed = broken > 0
    except KeyboardInterrupt:
        failed = False
        sys.exit("interrupted")
    finally:
        if options.keep or failed:
            print(f"kept: {directory}")
        else:
            disks.unmount_below(directory)
            shutil.rmtree(directory, ignore_errors=True)
    print(f"{len(run.rules) - broken} passed, {broken} failed, 0 skipped", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
