"""What programs read: with --json every command of the reference prints one document, and nothing else."""

import json
import pathlib
import re

from administration import refuses
from world import ROOT, Consumer

RUNNING_INFO = 307  # Which the broker asks of a member.

# Commands that no call below could bring to a document.
NOT_SERVED = {"updateStaticTopic": "there are no static topics here", "remappingStaticTopic": "there are no static topics here",
              "dumpCompactionLog": "there is no compaction store here"}
ELSEWHERE = {"transferLeader": "failures.leadership_is_handed_over, for it takes a Raft group"}


def reads(cluster, sent):
    address = cluster.address
    return [["clusterList"], ["clusterList", "-m"], ["topicList"], ["topicList", "-c"], ["topicRoute", "-t", "Document"],
            ["topicStatus", "-t", "Document"], ["topicClusterList", "-t", "Document"], ["brokerStatus", "-b", address],
            ["brokerStatus", "-c", "DefaultCluster"], ["haStatus", "-b", address], ["groupStatus", "-b", "broker-a"],
            ["metrics", "-b", address], ["getBrokerConfig", "-b", address], ["getNamesrvConfig"],
            ["consumerProgress"], ["consumerProgress", "-g", "document-group"],
            ["consumerConnection", "-g", "document-group"], ["getConsumerConfig", "-g", "document-group"],
            ["brokerConsumeStats", "-b", address], ["producer", "-b", address],
            ["producerConnection", "-g", "document-senders", "-t", "Document"], ["statsAll"],
            ["allocateMQ", "-t", "Document", "-i", "10.0.0.1,10.0.0.2"],
            ["queryMsgById", "-t", "Document", "-i", sent["msgId"]], ["queryMsgByKey", "-t", "Document", "-k", "key"],
            ["queryMsgByUniqueKey", "-t", "Document", "-i", sent["msgId"]],
            ["queryMsgByOffset", "-t", "Document", "-b", "broker-a", "-i", sent["queueId"], "-o", sent["queueOffset"]],
            ["queryMsgTraceById", "-i", "ID-1", "-t", "Document"], ["consumeMessage", "-t", "Document"],
            ["printMsg", "-t", "Document"], ["printMsgByQueue", "-t", "Document", "-a", "broker-a", "-i", "0"],
            ["queryCq", "-t", "Document", "-q", sent["queueId"], "-i", "0"]]


def sends():
    return [["sendMessage", "-t", "Document", "-p", "x"], ["checkMsgSendRT", "-t", "Document", "-a", "1"],
            ["sendMsgStatus", "-b", "broker-a", "-c", "1"], ["clusterRT", "-a", "1"]]


def changes(cluster, directory):
    topics, groups = directory / "topics.json", directory / "groups.json"
    topics.write_text(json.dumps([{"topicName": "Document-2"}]))
    groups.write_text(json.dumps([{"groupName": "document-group-2"}]))
    of_group, everywhere = ["-t", "Document", "-g", "document-group"], ["-c", "DefaultCluster"]
    return [["updateTopic", *everywhere, "-t", "Document"], ["updateTopicList", *everywhere, "-f", topics],
            ["updateTopicPerm", *everywhere, "-t", "Document", "-p", "6"],
            ["updateSubGroup", *everywhere, "-g", "document-group"], ["updateSubGroupList", *everywhere, "-f", groups],
            ["setConsumeMode", *everywhere, *of_group, "-m", "PULL"],
            ["updateOrderConf", "-t", "Document", "-m", "put", "-v", "broker-a:4"],
            ["updateOrderConf", "-t", "Document", "-m", "get"], ["updateOrderConf", "-t", "Document", "-m", "delete"],
            ["updateKvConfig", "-s", "a", "-k", "b", "-v", "c"], ["deleteKvConfig", "-s", "a", "-k", "b"],
            ["updateBrokerConfig", "-b", cluster.address, "-k", "fileReservedTime", "-v", "72"],
            ["updateNamesrvConfig", "-k", "scanNotActiveBrokerInterval", "-v", "5000"],
            ["wipeWritePerm", "-b", "broker-a"], ["addWritePerm", "-b", "broker-a"],
            ["resetOffsetByTime", *of_group, "-s", "0"], ["skipAccumulatedMessage", *of_group],
            ["cloneGroupOffset", "-t", "Document", "-s", "document-group", "-d", "other-group"],
            ["cleanExpiredCQ"], ["cleanUnusedTopic"], ["deleteExpiredCommitLog"],
            *([command, *everywhere, "-f", directory] for command in ("exportMetadata", "exportConfigs", "exportMetrics")),
            ["deleteSubGroup", *everywhere, "-g", "document-group-2"], ["deleteTopic", *everywhere, "-t", "Document-2"]]


def every_command_prints_one_json_document(world):
    cluster = world.cluster
    cluster.has_topic("Document")
    sent = cluster.has_message("Document", "body", "-k", "key")
    trace = ["Pub", "1700000000000", "region", "senders", "Orders", "ID-1", "", "key", "10.0.0.1:10911", "5", "7", "0",
             "OFFSET-1", "true"]
    cluster.has_message("Document", "\x01".join(trace) + "\x02", "-k", "ID-1")
    member = Consumer(cluster.port, "document-group", "Document")
    member.ask(34, {}, {"clientID": "127.0.0.1@sender", "producerDataSet": [{"groupName": "document-senders"}],
                        "consumerDataSet": []})
    directory = world.directory / "documents"
    directory.mkdir()
    settings = cluster.file.read_text()

    called_commands = set()
    for words in ["consumerStatus", "-g", "document-group"], ["startMonitoring"]:  # These two ask the members.
        asking = world.starts(world.tern, "admin", *words, "--json", "-n", cluster.namesrv, log=f"{words[0]}.log")
        member.answers(RUNNING_INFO, {"properties": {"PROP_CONSUME_TYPE": "CONSUME_PASSIVELY"}, "mqTable": {}})
        assert asking.ends() == 0 and isinstance(json.loads(asking.printed()), dict), f"{words}: {asking.printed()}"
        called_commands.add(words[0])
    for words in [*reads(cluster, sent), *sends(), *changes(cluster, directory)]:
        called = cluster.mqadmin(*words, "--json")
        assert isinstance(called.json(), (list, dict)) and called.err == "", f"{words}: {called.said}"
        called_commands.add(words[0])

    for command, why in NOT_SERVED.items():
        called = cluster.mqadmin(command, "--json")
        refuses(called, f"mqadmin {command}: {why}")
        assert called.out == "", called.said
    reference = set(re.findall(r"^## (\w+)$", (ROOT / "docs" / "reference" / "mqadmin.md").read_text(), re.MULTILINE))
    excused = {*NOT_SERVED, *ELSEWHERE}
    assert called_commands | excused == reference, f"without a document: {reference - called_commands - excused}"
    assert not called_commands & excused, called_commands & excused

    member.leaves()
    cluster.file.write_text(settings)
    (pathlib.Path("/tmp/rocketmq/msgbodys") / sent["msgId"]).unlink(missing_ok=True)


TESTS = [every_command_prints_one_json_document]
