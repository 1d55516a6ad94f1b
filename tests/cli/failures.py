"""Brokers that hang, fall behind or hand over, as the commands show them: whoever looks what is wrong gets what the others
tell, the name of the one that says nothing, and an exit status, all within one time-out."""

import concurrent.futures
import contextlib
import os
import re
import signal

from administration import NUM, refuses
from world import Consumer, free_port, wait_for

TIME_OUT_S = 5  # Of one question.
AT_ONCE_S = 3  # Long before that, on any machine.


@contextlib.contextmanager
def hanging(server):
    """It takes connections, as the kernel does for it, and says nothing."""
    server.process.send_signal(signal.SIGSTOP)
    os.waitpid(server.process.pid, os.WUNTRACED)
    try:
        yield
    finally:
        server.process.send_signal(signal.SIGCONT)


@contextlib.contextmanager
def beside_the_cluster(world, name, port, **settings):
    """A broker at the same NameServers, which do not forget it while it hangs."""
    cluster = world.cluster
    file = world.broker_file(name, port, brokerNotActiveTimeoutMillis=600_000, **settings)
    server = world.starts("sh", world.bin / "mqbroker", "-c", file, "-n", cluster.namesrv, log=f"{name}.log")
    try:
        server.wait_until_ready()
        wait_for(lambda: f"127.0.0.1:{port} " in cluster.mqadmin("clusterList").out, f"{name} is not registered")
        yield server
    finally:
        server.ends(signal.SIGTERM)
        wait_for(lambda: f"127.0.0.1:{port} " not in cluster.mqadmin("clusterList").out, f"{name} is still registered")


def all_at_once(world, calls):
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(lambda words: world.cluster.mqadmin(*words), calls))


def broker_that_hangs_is_named_and_the_others_are_shown(world):
    port = free_port(-2)
    with beside_the_cluster(world, "broker-h", port) as broker:
        ask_with_one_hanging(world, broker, port)
    for topic in "Hanging", "Hanging-2", "Hanging-3":
        assert world.cluster.mqadmin("deleteTopic", "-c", "DefaultCluster", "-t", topic).status == 0


def ask_with_one_hanging(world, broker, port):
    cluster = world.cluster
    address = f"127.0.0.1:{port}"
    for topic in "Hanging", "Hanging-2", "Hanging-3":
        cluster.has_topic(topic, queues=1)
    sent = cluster.has_message("Hanging", "at the other one", "-k", "a-key", "-b", "broker-a", "-i", 0)
    for at in cluster.port, port:
        Consumer(at, "hanging-group", "Hanging").commits(0, 0)
    wait_for(lambda: "broker-h" in cluster.mqadmin("consumerProgress", "-g", "hanging-group").out, "no group at broker-h")
    exported = world.directory / "export of a half"
    of_topic, everywhere = ["-t", "Hanging"], ["-c", "DefaultCluster"]
    shown = [
        (["clusterList"], rf"broker-a +0 +{cluster.address} +V5_5_0"), (["clusterList"], rf"broker-h +0 +{address} "),
        (["clusterList", "--json"], rf'"error":"{address}: no answer in time"'),
        (["brokerStatus", *everywhere], rf"^{cluster.address} +putTps "),
        (["haStatus", *everywhere], rf"^#MasterAddr\t{cluster.address}$"),
        (["getBrokerConfig", *everywhere], rf"^=+Master: {cluster.address}=+$"),
        (["getConsumerConfig", "-g", "hanging-group"], "^=+DefaultCluster:broker-a=+$"),
        (["topicList", "-c"], "^DefaultCluster +Hanging +hanging-group "),
        (["topicStatus", *of_topic], "^broker-a +0 +0 +1 "), (["topicStatus", *of_topic, "--json"], '"maxOffset":1,'),
        (["statsAll"], rf"^Hanging +hanging-group +1 +{NUM} "),
        (["consumerProgress"], "^hanging-group .* 1$"),
        (["consumerProgress", "-g", "hanging-group"], "^Hanging +broker-a +0 +1 +0 +1 "),
        (["startMonitoring", "--json"], '"consumerGroup":"hanging-group",\\s+"topic":"Hanging",\\s+"undoneMsgsTotal":1,'),
        (["consumeMessage", *of_topic], "^MSGID: .* BODY: at the other one$"),
        (["printMsg", *of_topic], "^MSGID: .* BODY: at the other one$"),
        (["queryMsgByKey", *of_topic, "-k", "a-key"], f"^{sent['msgId']} +0 +0$"),
        (["queryMsgById", *of_topic, "-i", sent["msgId"]], "^Topic: +Hanging$"),
        (["queryMsgByUniqueKey", *of_topic, "-i", sent["msgId"]], "^Topic: +Hanging$"),
        (["clusterRT", "-a", "100", "--json"], '"brokerName":"broker-h",\\s+"averageRtMs":0.0,\\s+"successCount":0,\\s+"failCount":100'),
        (["checkMsgSendRT", "-t", "Hanging-2", "-a", "20"], r"^broker-a +0 +true +\d+$"),
        (["sendMsgStatus", "-b", "broker-h", "-c", "20"], f"^rt=.*{address}: no answer in time$"),
        (["updateTopicPerm", *everywhere, "-t", "Hanging-2", "-p", "6"], "")]
    alone = [["brokerStatus", "-b", address], ["metrics", "-b", address], ["brokerConsumeStats", "-b", address],
             ["exportMetadata", *everywhere, "-f", exported], ["deleteTopic", *everywhere, "-t", "Hanging-3"]]
    calls = [*(words for words, _ in shown), *alone]
    with hanging(broker):
        answers = all_at_once(world, calls)
    for words, called in zip(calls, answers, strict=True):
        refuses(called, f"mqadmin {words[0]}: ", f"{address}: no answer in time", "Check the address")
        assert called.seconds < 2 * TIME_OUT_S, f"{words} took {called.seconds:.1f} s"
    for (words, shape), called in zip(shown, answers, strict=False):
        assert re.search(shape, called.out, re.MULTILINE), f"{words}: no {shape!r} in {called.said}"
    for words, called in zip(alone, answers[len(shown):], strict=True):
        assert called.out == "", f"{words}: {called.said}"
    # A half would pass for all of it.
    assert not exported.exists() or not list(exported.iterdir())
    assert cluster.mqadmin("topicRoute", "-t", "Hanging-3").status == 0


def slave_that_hangs_is_behind_and_in_nobodys_way(world):
    port = free_port(-2, 1)
    with beside_the_cluster(world, "hanging-slave", port, brokerName="broker-a", brokerRole="SLAVE", brokerId=1,
                            haMasterAddress=f"127.0.0.1:{world.cluster.port + 1}") as slave:
        ask_with_the_slave_hanging(world, slave, f"127.0.0.1:{port}")


def ask_with_the_slave_hanging(world, slave, address):
    cluster = world.cluster

    def ha_status():
        return cluster.mqadmin("haStatus", "-b", cluster.address, "--json").json()[cluster.address]["haConnectionInfo"]

    def of_slave():
        """What its master's metrics say of it."""
        return {name: float(value) for name, value in
                re.findall(r'^broker_member_(\w+)\{member="n1"\} (\S+)$', cluster.mqadmin("metrics", "-b", cluster.address).out,
                           re.MULTILINE)}
    wait_for(lambda: [slave["diff"] for slave in ha_status()] == [0], "the slave has not caught up")
    cluster.has_topic("Behind", queues=1)
    with hanging(slave):
        for i in range(5):
            cluster.has_message("Behind", f"message {i}")
        lag = of_slave()
        assert lag["lag_messages"] >= 5 and lag["lag_bytes"] > 5 * 91, lag
        # Master and monitoring go on: nothing asks a slave of what its master knows.
        for words in (["topicStatus", "-t", "Behind"], ["startMonitoring", "--json"], ["clusterRT", "-a", "5", "--json"],
                      ["consumeMessage", "-t", "Behind"], ["statsAll"], ["brokerStatus", "-b", cluster.address]):
            called = cluster.mqadmin(*words)
            assert called.status == 0 and called.seconds < AT_ONCE_S, f"{words}: {called.seconds:.1f} s, {called.said}"
        (connection,) = ha_status()
        assert connection["addr"] == address and connection["diff"] > 5 * 91, connection
        group, listed = all_at_once(world, [["groupStatus", "-b", "broker-a"], ["clusterList"]])
    refuses(group, f"{address}: no answer in time")
    assert re.search(rf"^n0 +{cluster.address} +LEADER ", group.out, re.MULTILINE), group.said
    assert re.search(rf"^n1 +{address} +NO ANSWER +learner, .*, behind [1-9]\d* B, ", group.out, re.MULTILINE), group.said
    refuses(listed, f"{address}: no answer in time")
    assert re.search(rf"^DefaultCluster +broker-a +0 +{cluster.address} +V5_5_0 ", listed.out, re.MULTILINE), listed.said
    wait_for(lambda: of_slave() == {"linked": 1, "lag_bytes": 0, "lag_messages": 0, "lag_seconds": 0},
             "it does not catch up when it goes on")
    assert cluster.mqadmin("groupStatus", "-b", "broker-a").status == 0


def leadership_is_handed_over(world):
    """Three members of a Raft group: to the one that is named, and to none that hangs."""
    cluster = world.cluster
    ports = {f"n{i}": free_port(-2) for i in range(3)}
    peers = ";".join(f"{name}-127.0.0.1:{free_port()}" for name in ports)
    members = {name: starts_member(world, name, port, peers) for name, port in ports.items()}
    try:
        hand_over(cluster, members, ports)
    finally:
        for member in members.values():
            member.ends(signal.SIGTERM)


def hand_over(cluster, members, ports):
    addresses = {name: f"127.0.0.1:{port}" for name, port in ports.items()}

    def group():
        called = cluster.mqadmin("groupStatus", "-b", "broker-r", "--json")
        return {row["member"]: row for row in called.json()} if called.status == 0 else {}

    def leader():
        rows = group()
        leading = [name for name, row in rows.items() if row["role"] == "LEADER"]
        linked = sum(", linked, " in row["replication"] for row in rows.values())
        return leading[0] if len(rows) == linked == 3 and len(leading) == 1 else None
    first = wait_for(leader, "no leader of three members")
    second, third = sorted(set(ports) - {first})
    refuses(cluster.mqadmin("transferLeader", "-b", addresses[first], "-t", "n7"), "no voting member: 7")
    refuses(cluster.mqadmin("transferLeader", "-b", cluster.address), cluster.address)  # A broker alone.
    called = cluster.mqadmin("transferLeader", "-b", addresses[third], "-t", second)
    assert called.status == 0 and called.out == "another member leads now.\n", called.said
    wait_for(lambda: leader() == second, f"{second} does not lead")
    document = cluster.mqadmin("transferLeader", "-b", addresses[first], "-t", first, "--json").json()
    assert document == {"transferred": True}, document
    wait_for(lambda: leader() == first, f"{first} does not lead")

    with hanging(members[third]):
        refused = cluster.mqadmin("transferLeader", "-b", addresses[first], "-t", third)
    refuses(refused, "the member did not take over in time, and this one still leads")
    assert refused.seconds < TIME_OUT_S, refused.said


def starts_member(world, name, port, peers):
    file = world.broker_file(name, port, brokerName="broker-r", enableDLegerCommitLog="true", dLegerGroup="broker-r",
                             dLegerPeers=peers, dLegerSelfId=name, drainOnStopMs=0)
    return world.starts("sh", world.bin / "mqbroker", "-c", file, "-n", world.cluster.namesrv, log=f"{name}.log").wait_until_ready()


TESTS = [broker_that_hangs_is_named_and_the_others_are_shown, slave_that_hangs_is_behind_and_in_nobodys_way,
         leadership_is_handed_over]
