#!/usr/bin/env python3
"""The fault experiments that handbooks of RocketMQ tell operators to make, with their commands and files.

  tests/cluster/failover.py             all of them; docs/failover.md says what each shows
  tests/cluster/failover.py leader      those whose names contain this

Each server is on a machine of its own (machines.py), under the addresses of the handbooks; needs root. Sends
come from the wire client of these tests or from a stock Java producer, consumers are stock Java push consumers. TERN
names another program than build/release/tern. Prints a line an experiment, at last "N passed, N failed, N skipped".
"""

import collections
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import cluster
import history
import load
import machines
import push_reader
import stock_producer
import wire

TOPIC, GROUP, QUEUES = "TestTopic", "ConsumerGroup", 4
LATER_TOPIC = "LaterTopic"
NAME_SERVERS = ["192.168.1.10", "192.168.1.11", "192.168.1.12"]
NAMESRV = ";".join(f"{address}:9876" for address in NAME_SERVERS)
BROKERS = ["192.168.1.100", "192.168.1.101", "192.168.1.102"]
MASTER_PORT, RAFT_PORT = 10911, 30911
FAIL_OVER_S = 1.0  # From a leader's end to an acknowledged send; the handbooks allow ten.
CUT_OFF_S = 2.0  # The same when it falls silent: an election begins after maxElectTimeIntervalMs at most.
REFUSED_S = 1.0  # A send at a slave without its master; it may hang for a quarter of a second.
KEPT_OFFSETS_S = 2.0
DEADLINE_S = 20
CUT_S = 2.0  # How long a network is torn: several times as long as an election takes.
RATE, BODY_MAX = 100, 500
SOON_S = 5  # "A few seconds" after which the handbook looks again.

MASTER = """
    brokerClusterName=DefaultCluster
    brokerName=broker-a
    brokerId=0
    deleteWhen=04
    fileReservedTime=48
    brokerRole=SYNC_MASTER
    flushDiskType=ASYNC_FLUSH
    namesrvAddr=192.168.1.10:9876;192.168.1.11:9876
    listenPort=10911
"""
SLAVE = MASTER.replace("brokerId=0", "brokerId=1").replace("SYNC_MASTER", "SLAVE")
RAFT_MEMBER = """
    brokerClusterName=DefaultCluster
    brokerName=broker-dledger
    listenPort=30911
    enableDLedgerCommitLog=true
    dLedgerGroup=broker-dledger
    dLedgerPeers=n0-192.168.1.100:40911;n1-192.168.1.101:40911;n2-192.168.1.102:40911
    dLedgerSelfId={self}
    namesrvAddr={namesrv}
    storePathRootDir={data}/{self}/store
    storePathCommitLog={data}/{self}/store/commitlog
"""

# The same group as handbooks have it in other places, each with the port of its brokers.
GROUP_FILES = [(10911, """
    brokerClusterName=DefaultCluster
    brokerName=broker-a
    brokerId=0
    # The group
    enableDLedgerCommitLog=true
    dLedgerGroup=broker-a  # its name, 组名
    dLedgerPeers=n0-192.168.1.100:40911;n1-192.168.1.101:40911;n2-192.168.1.102:40911
    dLedgerSelfId={self}  # 本机
    namesrvAddr=192.168.1.10:9876
"""), (10911, """
    brokerClusterName=DefaultCluster
    brokerName=broker-a
    brokerId=0
    enableDLegerCommitLog=true
    dLegerGroup=broker-a
    dLegerPeers=n0-192.168.1.100:40911;n1-192.168.1.101:40911;n2-192.168.1.102:40911
    dLegerSelfId={self}
    namesrvAddr=192.168.1.10:9876;192.168.1.11:9876
"""), (30911, """
    brokerClusterName=DefaultCluster
    brokerName=broker-dledger
    enableDLedgerCommitLog=true
    dLedgerGroup=broker-dledger
    dLedgerPeers=n0-192.168.1.100:40911;n1-192.168.1.101:40911;n2-192.168.1.102:40911
    dLedgerSelfId={self}
    listenPort=30911
    heartBeatTimeIntervalMs=2000
    minElectTimeIntervalMs=1000
    maxElectTimeIntervalMs=3000
    mappedFileSizeCommitLog=1073741824
    maxPushTimeOutMillis=3000
    namesrvAddr=192.168.1.10:9876;192.168.1.11:9876
    storePathRootDir={data}/dledger/{self}
    storePathCommitLog={data}/dledger/{self}/dledger-commitlog
""")]

# The three machines of one master and two slaves, where each unpacks the server, and its folder of settings files.
THREE = ["192.168.0.3", "192.168.0.4", "192.168.0.5"]
INSTALLED = "/usr/local/rocketmq/rocketmq-4.5.2"
FOLDER = "1m-2s-sync"
FILES = ["broker-a.properties", "broker-a-s1.properties", "broker-a-s2.properties"]
ONE_OF_THREE = """
    brokerClusterName=DefaultCluster
    brokerName=broker-a
    namesrvAddr=192.168.0.3:9876
    enableDLegerCommitLog=true
    dLegerGroup=broker-a
    dLegerPeers=n0-192.168.0.3:40911;n1-192.168.0.4:40911;n2-192.168.0.5:40911
    dLegerSelfId={self}
"""

Target = collections.namedtuple("Target", "name address")


class Skip(Exception):
    pass


def expect(holds, what):
    if not holds:
        raise cluster.ClusterFailed(what)


class Lab:
    """What one experiment works with; machines and clients end with it."""

    def __init__(self, directory, program):
        self.directory, self.program = directory, program
        self.machines, self.producers, self.readers, self.stock_producers = {}, [], [], []
        self.brokers = [f"{address}:{RAFT_PORT}" for address in BROKERS]  # The members of a group.
        self.history = history.History()
        self.sent = 0  # By sends().

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for reader in self.readers:
            reader.stop()
        for producer in [*self.producers, *self.stock_producers]:
            producer.stop()
        for machine in self.machines.values():
            machine.stop()

    def machine(self, address):
        if address not in self.machines:
            self.machines[address] = machines.Machine(address, self.directory, self.program)
        return self.machines[address]

    def start_name_servers(self, addresses):
        for address in addresses:
            self.machine(address).starts("namesrv")

    def start_pair(self):
        """A master and its slave, as soon as the master has it."""
        self.start_name_servers(NAME_SERVERS[:2])
        master, slave = (self.machine(address) for address in BROKERS[:2])
        master.write("broker-a.conf", MASTER)
        slave.write("broker-a-s.conf", SLAVE.replace("listenPort=10911", "listenPort=10921"))
        master.starts("broker", "-c conf/broker-a.conf")
        slave.starts("broker", "-c conf/broker-a-s.conf")
        self.create_topic(NAME_SERVERS[0])
        self.wait_for_copies(f"{master.address}:{MASTER_PORT}")
        return master, slave

    def wait_for_copies(self, address):
        """A SYNC_MASTER answers code 0 once a slave has the message."""
        cluster.wait_for(lambda: self.sends(address, 1), lambda: f"{address} has a slave\n{self.tails()}")

    def start_group(self):
        """Three members with a leader, and what `clusterList | grep` says of it: the member's number."""
        self.start_name_servers(NAME_SERVERS[:1])
        self.start_members(RAFT_MEMBER, RAFT_PORT)
        return self.listed_leader()

    def start_members(self, file, port):
        """By a settings file each; gives the number of the one that leads."""
        self.brokers = [f"{address}:{port}" for address in BROKERS]
        for number, address in enumerate(BROKERS):
            machine = self.machine(address)
            machine.write(f"broker-n{number}.conf", file.format(
                self=f"n{number}", namesrv=f"{NAME_SERVERS[0]}:9876",
                data=machine.home / "data" / "rocketmq"))
            machine.starts("broker", f"-c conf/broker-n{number}.conf")
        leader = self.whole_group()
        self.create_topic(NAME_SERVERS[0])
        return leader

    def whole_group(self):
        """The number of the one that leads, once all agree."""
        ((name, _, _),) = cluster.wait_for(self.is_whole, lambda: f"a whole group: {self.infos()}\n{self.tails()}")
        return int(name.removeprefix("n"))

    def start_three(self):
        """The same by the commands of another handbook, as soon as all agree."""
        self.brokers = [f"{address}:{MASTER_PORT}" for address in THREE]
        for address in THREE:
            self.machine(address).is_installed_at(INSTALLED)
        # A terminal's nohup makes nohup.out by itself.
        self.machine(THREE[0]).must(f"cd {INSTALLED}/bin || exit; nohup sh mqnamesrv >nohup.out 2>&1 &")
        for number, (address, file) in enumerate(zip(THREE, FILES)):
            self.machine(address).write(f"{FOLDER}/{file}", ONE_OF_THREE.format(self=f"n{number}"))
            self.machine(address).must(f"cd {INSTALLED}/bin || exit; "
                                       f"nohup sh mqbroker -c {INSTALLED}/conf/{FOLDER}/{file} >/dev/null 2>&1 &")
            self.machine(address).seen["broker"] = 0  # All its log is of this start.
        cluster.wait_for(self.is_whole, lambda: f"a whole group: {self.infos()}\n{self.tails()}")
        self.create_topic(THREE[0])

    def create_topic(self, name_server, topic=TOPIC):
        """As soon as the cluster is known there."""
        client = self.machine(name_server)
        command = ("sh bin/mqadmin updateTopic -n localhost:9876 -c DefaultCluster "
                   f"-t {topic} -r {QUEUES} -w {QUEUES}")
        cluster.wait_for(lambda: "create topic to" in client.sh(command).stdout,
                         lambda: f"{command}: {client.sh(command)}", DEADLINE_S)

    def cluster_list(self, name_server=NAME_SERVERS[0], of="broker-"):
        """Rows as (broker name, id, address)."""
        listed = self.machine(name_server).sh(f'sh bin/mqadmin clusterList -n localhost:9876 | grep "{of}"')
        return [tuple(line.split()[1:4]) for line in listed.stdout.splitlines()]

    def listed_leader(self):
        """The member's number in the group, once the NameServer has it as the master."""
        def found():
            return [address for _, number, address in self.cluster_list(of="broker-dledger") if number == "0"]
        (address,) = cluster.wait_for(found, lambda: f"a leader in clusterList: {self.cluster_list()}",
                                      DEADLINE_S)
        return BROKERS.index(address.partition(":")[0])

    def infos(self):
        return [machines.info(address) for address in self.brokers]

    def is_whole(self):
        """All members agree on who leads and on what is committed; the answer is their word."""
        keys = "groupLeader", "groupTerm", "groupCommitted"
        told = {tuple(each.get(key) for key in keys) for each in self.infos()}
        return told if len(told) == 1 and all(next(iter(told))) and "none" not in next(iter(told)) else None

    def sends(self, address, count, topic=TOPIC):
        """One after the other; gives the keys of those that were acknowledged."""
        connection = wire.Connection(address)
        operations = []
        for number in range(self.sent, self.sent + count):
            key = f"one-{number}"
            operation = self.history.begin(key, number % QUEUES, key.encode(), address)
            operations.append(operation)
            fields = wire.send_fields(topic, number % QUEUES, key)
            try:
                operation.answered(connection.call(wire.SEND, fields, key.encode(),
                                                   deadline=wire.in_seconds(load.DEADLINE_S)))
            except wire.NotConnected as failure:
                operation.failed(history.NOT_CONNECTED, str(failure))
            except wire.WireError as failure:
                operation.failed(history.RESET, str(failure))
        self.sent += count
        connection.close()
        return {operation.key for operation in operations if operation.outcome == history.ACKNOWLEDGED}

    def begin_to_send_by_route(self, name_servers, topic):
        """A stock producer that knows of brokers only what NameServers tell it."""
        namesrv = ";".join(f"{address}:9876" for address in name_servers)
        producer = stock_producer.StockProducer(push_reader.VERSION, namesrv, topic, self.directory, rate=RATE, size=BODY_MAX)
        self.stock_producers.append(producer)
        return producer

    def begin_to_send(self, *addresses):
        """A client an address, which sends on whatever happens."""
        for address in addresses:
            producer = load.Producer(f"p{len(self.producers)}", [Target(address, address)], TOPIC, QUEUES,
                                     self.history, 1, RATE, BODY_MAX)
            self.producers.append(producer)
            producer.start()
        self.wait_for_a_send(time.monotonic(), addresses)

    def wait_for_a_send(self, since, via):
        """Begun after that and acknowledged, through each of these addresses; gives the seconds it took."""
        def took():
            first = {}
            for operation in self.history.since(0):
                if operation.begun >= since and operation.outcome == history.ACKNOWLEDGED:
                    first.setdefault(operation.via, operation.ended - since)
            return [first[address] for address in via] if first.keys() >= set(via) else None
        return max(cluster.wait_for(took, lambda: f"sends through {', '.join(via)}\n{self.tails()}",
                                    DEADLINE_S))

    def end_sending(self):
        load.stop_all(self.producers)

    def acknowledged(self):
        return {operation.key for operation in self.history.since(0)
                if operation.outcome == history.ACKNOWLEDGED}

    def read(self, *topics):
        """Through the NameServers that were started: a machine that is not there costs seconds each time it is tried."""
        namesrv = ";".join(f"{address}:9876" for address, machine in self.machines.items() if "namesrv" in machine.seen)
        reader = push_reader.PushReader(namesrv, GROUP, topics or (TOPIC,), self.directory)
        self.readers.append(reader)
        return reader

    def holds_its_word(self, *addresses):
        """Every rule of a history, of the copies that these brokers have, as soon as they are the same."""
        wait_until_shown(max(map(committed, addresses)), *addresses)
        found = {address: history.drain(address, TOPIC, QUEUES, GROUP) for address in addresses}
        for rule, violations in history.Account(self.history, TOPIC, found).rules():
            expect(not violations, f"not so: {rule}\n" + "\n".join(history.shown(violations)))

    def tails(self):
        return "\n".join(machine.tail(role) for machine in self.machines.values() for role in machine.seen)


def committed(address):
    """How far a broker's log may be read; -1 when it does not answer."""
    return int(machines.info(address).get("groupCommitted", -1))


def wait_until_shown(position, *addresses):
    """By these brokers. A slave's answers do not tell: it passes on to its master what it has not got yet."""
    expect(position > 0, "a broker does not tell how far its log may be read")
    for address in addresses:
        cluster.wait_for(lambda: committed(address) >= position, f"{address} shows the log up to {position}",
                         DEADLINE_S)


def offset_at(address, queue=0):
    """Of the group, as a broker answers it; None when it does not."""
    try:
        answer = machines.call(address, wire.QUERY_OFFSET, wire.offset_fields(GROUP, TOPIC, queue))
    except wire.WireError:
        return None
    return int(answer.fields["offset"]) if answer.code == wire.SUCCESS else None


def commit(address, offset, queue=0):
    answer = machines.call(address, wire.UPDATE_OFFSET,
                           wire.offset_fields(GROUP, TOPIC, queue) | {"commitOffset": offset})
    expect(answer.code == wire.SUCCESS, f"a commit of {offset} at {address}: {answer}")


def goes_on(producer, count=20):
    """So many sends of a stock producer, begun from now on and accepted; gives their keys. None has failed ever."""
    now = time.monotonic()

    def accepted():
        failed = [str(operation) for operation in list(producer.operations) if operation.outcome != history.ACKNOWLEDGED]
        expect(not failed, f"{len(failed)} sends of a stock producer failed: {failed[:3]}")
        keys = {operation.key for operation in list(producer.operations) if operation.begun >= now}
        return keys if len(keys) >= count else None
    return cluster.wait_for(accepted, f"{count} sends of a stock producer accepted", DEADLINE_S)


def name_servers_are_stopped_and_clients_go_on(lab):
    lab.start_name_servers(NAME_SERVERS)
    master = lab.machine(BROKERS[0])
    master.write("broker-a.conf", MASTER)
    master.edit("broker-a.conf", brokerRole="ASYNC_MASTER", namesrvAddr=NAMESRV)
    master.starts("broker", "-c conf/broker-a.conf")
    address = f"{master.address}:{MASTER_PORT}"
    lab.create_topic(NAME_SERVERS[0])
    reader = lab.read(TOPIC, LATER_TOPIC)
    reader.gets(lab.sends(address, 20))
    producer = lab.begin_to_send_by_route(NAME_SERVERS, TOPIC)
    reader.gets(goes_on(producer))
    for stopped in NAME_SERVERS[:2]:
        lab.machine(stopped).shuts_down("namesrv")
        keys = lab.sends(address, 20)
        expect(len(keys) == 20, f"{len(keys)} of 20 sends accepted without {stopped}")
        producer.ask_route()
        reader.gets(keys | goes_on(producer))
    # Whoever has asked one of those that are gone has to ask the one that is left.
    lab.create_topic(NAME_SERVERS[2], LATER_TOPIC)
    keys = lab.sends(address, 20, LATER_TOPIC)
    expect(len(keys) == 20, f"{len(keys)} of 20 sends accepted to a topic made since")
    producer.turn_to(LATER_TOPIC)
    reader.gets(keys | goes_on(producer))
    # Without any they have what they know.
    lab.machine(NAME_SERVERS[2]).shuts_down("namesrv")
    reader.gets(goes_on(producer))
    lab.machine(NAME_SERVERS[0]).starts("namesrv")
    cluster.wait_for(lambda: ("broker-a", "0", address) in lab.cluster_list(NAME_SERVERS[0]),
                     "the broker registers with a NameServer that is back", 40)
    reader.gets(goes_on(producer))
    return f"{len(producer.operations)} sends of a stock producer, none failed"


def the_master_is_stopped_and_consumers_read_from_the_slave(lab):
    master, slave = lab.start_pair()
    addresses = f"{master.address}:{MASTER_PORT}", f"{slave.address}:10921"
    reader = lab.read()
    reader.gets(lab.sends(addresses[0], 50))
    reader.does("suspend")
    lab.begin_to_send(addresses[0])
    sent = lab.sends(addresses[0], 200)
    wait_until_shown(committed(addresses[0]), addresses[1])
    at = master.shuts_down("broker")
    lab.end_sending()
    # A slave shows what its master has told to be on its disk, and one that stops tells of its last flush.
    shown = sent | lab.acknowledged()
    lacking = shown - reader.keys
    expect(len(lacking) > 50, f"only {len(lacking)} messages are left for the slave to give")
    reader.does("resume")
    reader.gets(shown)
    reads_on_s = time.monotonic() - at
    cluster.wait_for(lambda: lab.cluster_list() == [("broker-a", "1", addresses[1])],
                     lambda: f"the slave alone in clusterList: {lab.cluster_list()}", DEADLINE_S)
    expect(not lab.sends(addresses[1], 1), "the slave acknowledged a send without its master")
    alone = lab.history.since(0)[-1]
    expect(alone.outcome == history.REFUSED and alone.ended - alone.begun < REFUSED_S,
           f"a send at the slave took {alone.ended - alone.begun:.1f} s: {alone}")
    master.starts("broker", "-c conf/broker-a.conf")
    lab.wait_for_copies(addresses[0])
    reader.gets(lab.acknowledged())
    lab.holds_its_word(*addresses)
    return f"{len(lacking)} messages read from the slave, all within {reads_on_s:.1f} s"


def offsets_committed_at_the_slave_reach_the_master(lab):
    master, slave = lab.start_pair()
    addresses = f"{master.address}:{MASTER_PORT}", f"{slave.address}:10921"
    lab.sends(addresses[0], 40)
    commit(addresses[0], 3)
    wait_until_shown(committed(addresses[0]), addresses[1])
    master.shuts_down("broker")
    commit(addresses[1], 7)
    expect(offset_at(addresses[1]) == 7, f"the slave answers {offset_at(addresses[1])} after a commit of 7")
    told = []

    def is_back():
        told.extend(offset for offset in [offset_at(addresses[0])] if offset is not None)
        at_slave = offset_at(addresses[1])
        expect(at_slave == 7, f"the slave answers {at_slave} instead of 7 when its master is back")
        return 7 in told
    master.starts("broker", "-c conf/broker-a.conf")
    begun = time.monotonic()
    cluster.wait_for(is_back, lambda: f"the master has offset 7; it told {told[-3:]}\n{lab.tails()}",
                     KEPT_OFFSETS_S)
    expect(told == sorted(told) and told[0] >= 3, f"the master's offset went back: {told}")
    expect(offset_at(addresses[1]) == 7, f"the slave answers {offset_at(addresses[1])} when the master has 7")
    return f"the master has it {(time.monotonic() - begun) * 1000:,.0f} ms after it is ready"


def a_slave_is_made_the_master(lab):
    lab.start_name_servers(NAME_SERVERS[:2])
    old, new = (lab.machine(address) for address in BROKERS[:2])
    addresses = [f"{machine.address}:{MASTER_PORT}" for machine in (old, new)]
    old.write("broker-a.conf", MASTER)
    new.write("broker-a.conf", SLAVE)
    for machine in old, new:
        machine.starts("broker", "-c conf/broker-a.conf")
    lab.create_topic(NAME_SERVERS[0])
    lab.wait_for_copies(addresses[0])
    lab.begin_to_send(addresses[0])
    lab.sends(addresses[0], 100)
    old.kills("broker")
    at = time.monotonic()
    lab.end_sending()
    new.shuts_down("broker")
    new.edit("broker-a.conf", brokerId=0, brokerRole="ASYNC_MASTER")
    new.starts("broker", "-c conf/broker-a.conf")
    cluster.wait_for(lambda: lab.cluster_list() == [("broker-a", "0", addresses[1])],
                     lambda: f"{addresses[1]} alone is the master in clusterList: {lab.cluster_list()}",
                     DEADLINE_S)
    expect(len(lab.sends(addresses[1], 20)) == 20, "the new master does not accept all sends")
    switched_s = time.monotonic() - at
    old.edit("broker-a.conf", brokerId=1, brokerRole="SLAVE")
    old.starts("broker", "-c conf/broker-a.conf")
    expected = [("broker-a", "0", addresses[1]), ("broker-a", "1", addresses[0])]
    cluster.wait_for(lambda: lab.cluster_list() == expected,
                     lambda: f"the old master is a slave in clusterList: {lab.cluster_list()}", DEADLINE_S)
    lab.holds_its_word(*addresses)
    return f"switched in {switched_s:.1f} s"


def a_leader_is_stopped_and_another_one_is_elected(lab):
    leader = lab.start_group()
    machine = lab.machine(BROKERS[leader])
    others = [f"{address}:{RAFT_PORT}" for number, address in enumerate(BROKERS) if number != leader]
    lab.begin_to_send(*others, f"{machine.address}:{RAFT_PORT}")
    at = machine.is_told_to_stop("broker")
    took = lab.wait_for_a_send(at, others)
    expect(took < FAIL_OVER_S, f"a send was accepted only {took:.1f} s after the leader was stopped")
    new = cluster.wait_for(lambda: (found := lab.listed_leader()) != leader and [found],
                           lambda: f"another leader in clusterList: {lab.cluster_list()}", DEADLINE_S)[0]
    accepted = lab.sends(f"{BROKERS[new]}:{RAFT_PORT}", 20)
    expect(len(accepted) == 20, f"the new leader accepts {len(accepted)} of 20 sends")
    # A client is connected, so that it drains: the next process waits for it.
    machine.is_told_to_start("broker", f"-c conf/broker-n{leader}.conf")
    cluster.wait_for(lambda: "waiting for its end" in machine.log("broker"),
                     lambda: f"n{leader} waits for the process before it\n{lab.tails()}")
    lab.wait_for_a_send(time.monotonic(), [f"{machine.address}:{RAFT_PORT}"])
    lab.end_sending()
    machine.becomes_ready("broker")
    cluster.wait_for(lambda: f", leader=n{new}" in machine.log("broker"),
                     lambda: f"n{leader} follows\n{lab.tails()}")
    ((name, term, _),) = cluster.wait_for(lab.is_whole,
                                          lambda: f"a whole group: {lab.infos()}\n{lab.tails()}")
    line = f"Append as follower, term={term}, leader={name}"
    expect(name == f"n{new}" and line in machine.log("broker"),
           f"n{leader} has not said: {line}\n{lab.tails()}")
    lab.holds_its_word(*(f"{address}:{RAFT_PORT}" for address in BROKERS))
    return f"sends through both others {took * 1000:,.0f} ms after mqshutdown; {line}"


def groups_start_from_the_files_of_handbooks(lab):
    lab.start_name_servers(NAME_SERVERS[:2])
    for port, file in GROUP_FILES:
        leader = lab.start_members(file, port)
        for address in lab.brokers:
            expect(len(lab.sends(address, 10)) == 10, f"not all of 10 sends were accepted at {address} of\n{file}")
        lab.machine(BROKERS[leader]).shuts_down("broker")
        others = [address for number, address in enumerate(lab.brokers) if number != leader]
        lab.begin_to_send(*others)
        lab.end_sending()
        lab.machine(BROKERS[leader]).starts("broker", f"-c conf/broker-n{leader}.conf")
        expect(lab.whole_group() != leader, f"n{leader} leads when it has just come back to\n{file}")
        lab.holds_its_word(*lab.brokers)
        for address in BROKERS:
            lab.machine(address).kills("broker")
            lab.machine(address).must("rm -rf ~/store ~/data")
        lab.history, lab.sent = history.History(), 0
    return f"{len(GROUP_FILES)} files"


def a_leader_is_cut_off_and_another_one_is_elected(lab):
    if not shutil.which("iptables"):
        raise Skip("no program iptables; tools/bootstrap --test installs it")
    leader = lab.start_group()
    cut_off = f"{BROKERS[leader]}:{RAFT_PORT}"
    others = [address for address in BROKERS if address != BROKERS[leader]]
    through_others = [f"{address}:{RAFT_PORT}" for address in others]
    lab.begin_to_send(*through_others, cut_off)
    at = time.monotonic()
    for address in others:
        lab.machine(address).must(f"iptables -A INPUT -s {BROKERS[leader]} -j DROP")
    since = time.monotonic()
    took = lab.wait_for_a_send(since, through_others) + since - at
    expect(took < CUT_OFF_S, f"a send was accepted only {took:.1f} s after the leader had been cut off")
    cluster.wait_for(lambda: lab.listed_leader() != leader,
                     lambda: f"another leader in clusterList: {lab.cluster_list()}", DEADLINE_S)
    # Some more sends of both sides, one of which can store nothing.
    time.sleep(max(at + CUT_S - time.monotonic(), 0))
    lied = [str(operation) for operation in lab.history.since(0) if operation.via == cut_off
            and operation.begun > since and operation.outcome == history.ACKNOWLEDGED]
    expect(not lied, f"acknowledged without a majority: {lied[:3]}")
    for address in others:
        lab.machine(address).must(f"iptables -D INPUT -s {BROKERS[leader]} -j DROP")
    lab.wait_for_a_send(time.monotonic(), [cut_off, *through_others])
    lab.end_sending()
    cluster.wait_for(lab.is_whole, lambda: f"a whole group: {lab.infos()}\n{lab.tails()}")
    lab.holds_its_word(cut_off, *through_others)
    return f"sends through both others {took * 1000:,.0f} ms after iptables"


def a_leader_of_three_machines_is_killed_and_another_one_leads(lab):
    def listed():
        return lab.cluster_list(THREE[0], of="broker-a")

    def masters():
        return [address for _, number, address in listed() if number == "0"]
    lab.start_three()
    cluster.wait_for(lambda: {address for _, _, address in listed()} == set(lab.brokers) and len(masters()) == 1,
                     lambda: f"three brokers, of which one is the master, in clusterList: {listed()}", DEADLINE_S)
    (master,) = masters()
    others = [address for address in lab.brokers if address != master]
    lab.begin_to_send(*others, master)
    machine = lab.machine(master.partition(":")[0])
    at = time.monotonic()
    machine.kills("broker")
    took = lab.wait_for_a_send(at, others)
    expect(took < FAIL_OVER_S, f"a send was accepted only {took:.1f} s after the leader was killed")
    cluster.wait_for(lambda: {address for _, _, address in listed()} == set(others) and len(masters()) == 1,
                     lambda: f"only {others}, of which one is the master, in clusterList: {listed()}",
                     at + SOON_S - time.monotonic())
    seen_s = time.monotonic() - at
    (new,) = masters()
    accepted = lab.sends(new, 20)
    expect(len(accepted) == 20, f"the new leader accepts {len(accepted)} of 20 sends")
    lab.end_sending()
    lab.holds_its_word(*others)
    return f"{master} is gone and {new} leads in clusterList {seen_s * 1000:,.0f} ms after kill, sends after {took * 1000:,.0f}"


EXPERIMENTS = [
    name_servers_are_stopped_and_clients_go_on,
    the_master_is_stopped_and_consumers_read_from_the_slave,
    offsets_committed_at_the_slave_reach_the_master,
    a_slave_is_made_the_master,
    a_leader_is_stopped_and_another_one_is_elected,
    groups_start_from_the_files_of_handbooks,
    a_leader_is_cut_off_and_another_one_is_elected,
    a_leader_of_three_machines_is_killed_and_another_one_leads,
]


def run(experiment, program):
    """Whether it passed; None if it was skipped."""
    name = experiment.__name__
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tern-failover-"))
    copy = directory / "tern"
    shutil.copy(program, copy)
    begun = time.monotonic()
    try:
        with Lab(directory, copy) as lab:
            figures = experiment(lab)
    except Skip as reason:
        print(f"SKIP {name}: {reason}", flush=True)
        passed = None
    except (cluster.ClusterFailed, wire.WireError, OSError, subprocess.TimeoutExpired) as failure:
        print(f"FAIL {name}: {failure}\nkept: {directory}", flush=True)
        return False
    else:
        told = f"{time.monotonic() - begun:.1f} s" + (f"; {figures}" if figures else "")
        print(f"PASS {name} ({told})", flush=True)
        passed = True
    shutil.rmtree(directory, ignore_errors=True)
    return passed


def stop(*_):
    sys.exit("interrupted")


def main():
    signal.signal(signal.SIGTERM, stop)
    wanted = sys.argv[1:] or [""]
    chosen = [each for each in EXPERIMENTS if any(part in each.__name__ for part in wanted)]
    if not chosen:
        sys.exit(f"{' '.join(wanted)}: no such experiment; there are "
                 + ", ".join(each.__name__ for each in EXPERIMENTS))
    program = pathlib.Path(os.environ.get("TERN") or cluster.ROOT / "build" / "release" / "tern")
    if not program.exists():
        sys.exit(f"{program}: not found; build it, or name another one in $TERN")
    if missing := machines.missing():
        print(f"SKIP all: {missing}\n0 passed, 0 failed, {len(chosen)} skipped")
        return
    push_reader.prepare()  # As long as there is a network to get it from.
    machines.enter()
    results = [run(experiment, program) for experiment in chosen]
    print(f"{results.count(True)} passed, {results.count(False)} failed, {results.count(None)} skipped",
          flush=True)
    sys.exit(1 if False in results else 0)


if __name__ == "__main__":
    main()
