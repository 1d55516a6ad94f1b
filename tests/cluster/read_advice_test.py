#!/usr/bin/env python3
"""Where a master sends the readers of its group: stock Java push consumers beside a master and its slave.

  tests/cluster/read_advice_test.py          all tests
  tests/cluster/read_advice_test.py old      those whose names contain this

$TERN names another program than build/release/tern. The last line is "N passed, N failed, N skipped".
"""

import json
import subprocess
import sys

import cluster
import push_reader
import wire

QUEUES, MESSAGES = 4, 2000
# Everything is on the disk, as far as the master's advice goes.
SETTINGS = {"slaveReadEnable": "true", "accessMessageInMemoryMaxRatio": "0"}


def mqadmin(*words):
    called = subprocess.run(["sh", "bin/mqadmin", *map(str, words)], cwd=cluster.ROOT, capture_output=True, text=True,
                            timeout=cluster.START_DEADLINE_S)
    assert called.returncode == 0, f"{words}: status {called.returncode}\n{called.stdout}\n{called.stderr}"
    return called.stdout


def has_messages(group, topic):
    """Their keys; both members have them all."""
    group.create_topic(topic, QUEUES)
    keys = [f"{topic}-{number}" for number in range(MESSAGES)]
    master = group.members[0]
    for number, key in enumerate(keys):
        answer = group.call(master.address, wire.SEND, wire.send_fields(topic, number % QUEUES, key), b"x" * 100)
        assert answer.code == wire.SUCCESS, answer
    group.wait_until_healthy(behind_max=0)
    return set(keys)


def served(member):
    """Messages that it has given to consumers itself."""
    return int(member.info(5)["msgGetTotalTodayNow"])


def readers_get(group, consumers, topic, keys):
    """By a stock consumer group; how many messages each member gave out."""
    before = [served(member) for member in group.members]
    reader = push_reader.PushReader(group.namesrv, consumers, [topic], group.directory)
    try:
        reader.gets(keys)
    finally:
        reader.stop()
    return [served(member) - had for member, had in zip(group.members, before)]


def readers_of_old_messages_are_served_by_the_slave(group):
    keys = has_messages(group, "OldMessages")
    master, slave = readers_get(group, "slow-readers", "OldMessages", keys)
    assert slave > MESSAGES / 2, f"the slave gave out {slave} of {MESSAGES} messages, the master {master}"


def readers_of_a_group_that_wants_the_master_are_served_there(group):
    keys = has_messages(group, "AtTheMaster")
    mqadmin("updateSubGroup", "-b", group.members[0].address, "-g", "master-readers", "-w", "0")
    master, slave = readers_get(group, "master-readers", "AtTheMaster", keys)
    assert slave == 0 and master >= MESSAGES, f"the slave gave out {slave} of {MESSAGES} messages, the master {master}"


def readers_of_new_messages_are_served_where_their_group_says(group):
    """RocketMQ's slaves give near readers back to the master, which sends them to the slave again."""
    for member in group.members:
        mqadmin("updateBrokerConfig", "-b", member.address, "-k", "accessMessageInMemoryMaxRatio", "-v", "40")
    keys = has_messages(group, "NewMessages")
    mqadmin("updateSubGroup", "-b", group.members[0].address, "-g", "slave-readers", "-i", "1")
    told = json.loads(mqadmin("getConsumerConfig", "-n", group.name_servers[0].address, "-g", "slave-readers", "--json"))
    assert '"brokerId": 1' in json.dumps(told), told
    master, slave = readers_get(group, "slave-readers", "NewMessages", keys)
    assert slave > MESSAGES / 4, f"the slave gave out {slave} of {MESSAGES} messages, the master {master}"
    master, slave = readers_get(group, "plain-readers", "NewMessages", keys)
    assert slave == 0, f"the slave gave {slave} messages to a group that does not name it"


TESTS = [readers_of_old_messages_are_served_by_the_slave, readers_of_a_group_that_wants_the_master_are_served_there,
         readers_of_new_messages_are_served_where_their_group_says]


if __name__ == "__main__":
    sys.exit(cluster.run_tests(TESTS, members=2, has_slaves=True, settings=SETTINGS))
