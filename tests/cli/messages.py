"""Messages looked for by their ids and places, and printed, with who consumed them."""

import re

from administration import DATE, EXIT_USAGE, INT, refuses
from world import Consumer, expect_lines, wait_for

ID = r"[0-9A-F]{32}"


def details_of(sent, body, *track):
    """The lines of a message that a group has not consumed yet, without the id of its place."""
    return [r"Topic:               Looked-up", r"Tags:                \[blue\]", r"Keys:                \[a-key\]",
            rf"Queue ID:            {sent['queueId']}", rf"Queue Offset:        {sent['queueOffset']}",
            rf"CommitLog Offset:    {INT}", r"Reconsume Times:     0", rf"(Born|Store) Timestamp: +{DATE},\d{{3}}",
            r"(Born|Store) Host: +127\.0\.0\.1:\d+", r"System Flag:         0",
            rf"Properties:          \{{.*UNIQ_KEY={sent['msgId']}.*\}}",
            rf"Message Body Path:   /tmp/rocketmq/msgbodys/{sent['msgId']}", *body, *track]


def messages_are_found_by_unique_id_and_place(world):
    cluster = world.cluster
    cluster.has_topic("Looked-up", queues=2)
    cluster.has_message("Looked-up", "before it", "-b", "broker-a", "-i", 1)
    sent = cluster.has_message("Looked-up", "the one", "-k", "a-key", "-c", "blue", "-b", "broker-a", "-i", 1)
    assert (sent["queueId"], sent["queueOffset"]) == (1, 1), sent
    by_id = ["queryMsgByUniqueKey", "-t", "Looked-up", "-i", sent["msgId"]]
    place = ["queryMsgByOffset", "-t", "Looked-up", "-b", "broker-a", "-i", "1", "-o"]
    expect_lines(cluster.mqadmin(*by_id), None, details_of(sent, [], "WARN: No Consumer"))
    expect_lines(cluster.mqadmin(*place, "1"), None,
                 details_of(sent, [rf"OffsetID:            {sent['offsetMsgId']}"], "WARN: No Consumer"))
    assert "Message Body:        the one" in cluster.mqadmin(*place, "1", "-f", "UTF-8").lines()
    for words in by_id, [*place, "1"]:
        found = cluster.mqadmin(*words, "--json").json()
        assert (found["msgId"], found["queueId"], found["queueOffset"], found["body"]) == (sent["msgId"], 1, 1, "the one"), found

    # Who consumed it: a group that is behind it, and then is not.
    consumer = Consumer(cluster.port, "looking-group", "Looked-up")

    def tracked(as_what):
        called = cluster.mqadmin(*by_id)
        return re.search(rf"^MessageTrack \[consumerGroup=looking-group, trackType={as_what}, exceptionDesc=null\]$",
                         called.out, re.MULTILINE)
    for committed, as_what in (1, "NOT_CONSUME_YET"), (2, "CONSUMED"):
        consumer.commits(1, committed)
        wait_for(lambda: tracked(as_what), f"it is not {as_what}: {cluster.mqadmin(*by_id).said}")
    consumer.leaves()
    wait_for(lambda: "trackType=NOT_ONLINE" in cluster.mqadmin(*by_id).out, "the group is still online")

    refuses(cluster.mqadmin("queryMsgByUniqueKey", "-t", "Looked-up", "-i", "ABCDEF"), "has the id ABCDEF")
    refuses(cluster.mqadmin(*by_id, "-e", "1"), f"has the id {sent['msgId']}")  # Stored until 1970.
    refuses(cluster.mqadmin(*place, "2"), "no message at offset 2 of queue 1 of topic Looked-up on broker-a", "up to 2")
    refuses(cluster.mqadmin("queryMsgByOffset", "-t", "Looked-up", "-b", "no-broker", "-i", "0", "-o", "0"), "no-broker")
    called = cluster.mqadmin("queryMsgByOffset", "-t", "Looked-up", "-b", "broker-a", "-i", "1")
    assert called.status == EXIT_USAGE and "Missing required option: -o" in called.err, called.said


def messages_of_a_topic_are_printed(world):
    cluster = world.cluster
    cluster.has_topic("Printed", queues=2)
    begin = 0
    for i, tag in enumerate(["red", "blue", "red"]):
        cluster.has_message("Printed", f"{tag} {i}", "-c", tag, "-b", "broker-a", "-i", i % 2)
        begin = begin or cluster.mqadmin("printMsg", "-t", "Printed", "--json").json()[0]["storeTimestamp"] + 1
    called = cluster.mqadmin("printMsg", "-t", "Printed")
    expect_lines(called, "-" * 56, [
        r"minOffset=0, maxOffset=[12], MessageQueue \[topic=Printed, brokerName=broker-a, queueId=[01]\]",
        rf"MSGID: {ID} MessageExt \[brokerName=broker-a, queueId=0, .*\] BODY: red [02]",
        rf"MSGID: {ID} MessageExt \[brokerName=broker-a, queueId=1, .*\] BODY: blue 1"])
    assert called.out.count("minOffset=") == 2 and called.out.count("MSGID: ") == 3, called.said
    without = cluster.mqadmin("printMsg", "-t", "Printed", "-d", "false")
    assert without.out.count("BODY: NOT PRINT BODY\n") == 3 and "BODY: red" not in without.out, without.said

    def bodies(*words):
        return sorted(message["body"] for message in cluster.mqadmin("printMsg", "-t", "Printed", *words, "--json").json())
    assert bodies() == ["blue 1", "red 0", "red 2"]
    assert bodies("-s", "blue") == ["blue 1"] and bodies("-s", "blue || red") == bodies()
    assert bodies("-b", begin) == ["blue 1", "red 2"] and bodies("-e", begin) == ["red 0"] and bodies("-e", "now") == bodies()
    refuses(cluster.mqadmin("printMsg", "-t", "Nowhere"), "Nowhere", "mqadmin topicList")
    refuses(cluster.mqadmin("printMsg", "-t", "Printed", "-b", "yesterday"), "yesterday", "yyyy-MM-dd#HH:mm:ss:SSS")


TESTS = [messages_are_found_by_unique_id_and_place, messages_of_a_topic_are_printed]
