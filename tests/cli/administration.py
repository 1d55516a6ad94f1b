"""Commands with which topics, groups, offsets and the NameServers' values are changed, and what is told of them."""

import json
import re
import signal

from world import Consumer, expect_lines, free_port, wait_for

EXIT_USAGE, EXIT_FAILED = 1, 2
INT = r"-?\d+"
NUM = r"-?\d+(\.\d+)?"
DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
ID = r"[0-9A-F]{32}"

OFFSETS = "#brokerName                               #queueId                                  #offset"


def refuses(called, *words):
    assert called.status == EXIT_FAILED and all(word in called.err for word in words), called.said


def lists_of_a_file_are_created_together(world):
    cluster = world.cluster
    file = world.directory / "list.json"
    file.write_text(json.dumps([{"topicName": "Listed-1", "writeQueueNums": 3, "attributes": {"+message.type": "FIFO"}},
                                {"topicName": "Listed-2"}]))
    expect_lines(cluster.mqadmin("updateTopicList", "-c", "DefaultCluster", "-f", file),
                 f"submit batch of topic config to {cluster.address} success, please check the result later.", [])
    assert {"Listed-1", "Listed-2"} <= set(cluster.mqadmin("topicList").lines())

    file.write_text(json.dumps([{"topicName": "Listed-3"}, {"topicName": "not a topic"}]))
    refuses(cluster.mqadmin("updateTopicList", "-b", cluster.address, "-f", file), "not a topic")
    assert "Listed-3" not in cluster.mqadmin("topicList").lines()
    file.write_text(json.dumps([{"name": "Listed-3"}]))
    refuses(cluster.mqadmin("updateTopicList", "-b", cluster.address, "-f", file), str(file), "topicName")
    refuses(cluster.mqadmin("updateTopicList", "-b", cluster.address, "-f", "/no/such/file"), "/no/such/file")

    file.write_text(json.dumps([{"groupName": "listed-group", "retryMaxTimes": 3}]))
    expect_lines(cluster.mqadmin("updateSubGroupList", "-b", cluster.address, "-f", file),
                 f"submit batch of group config to {cluster.address} success, please check the result later.", [])
    expect_lines(cluster.mqadmin("getConsumerConfig", "-g", "listed-group"),
                 f"{'=' * 29}DefaultCluster:broker-a{'=' * 29}",
                 [r"\S+ +=  .*", "groupName {31}=  listed-group", "retryMaxTimes {27}=  3"])
    refuses(cluster.mqadmin("getConsumerConfig", "-g", "no-such-group"), "no-such-group", "mqadmin consumerProgress")


def permission_of_a_topic_changes_alone(world):
    cluster = world.cluster
    cluster.has_topic("Permitted", queues=3)
    config = (r"TopicConfig \[topicName=Permitted, readQueueNums=3, writeQueueNums=3, perm=R--, "
              r"topicFilterType=SINGLE_TAG, topicSysFlag=0, order=false, attributes=\{\}\]\.")
    change = ["updateTopicPerm", "-b", cluster.address, "-t", "Permitted", "-p", "4"]
    expect_lines(cluster.mqadmin(*change), f"update topic perm from 6 to 4 in {cluster.address} success.", [config])
    expect_lines(cluster.mqadmin(*change), "new perm equals to the old one!", [])
    assert cluster.mqadmin("sendMessage", "-t", "Permitted", "-p", "x").status == EXIT_FAILED
    refuses(cluster.mqadmin("updateTopicPerm", "-b", cluster.address, "-t", "Nowhere", "-p", "4"), "Nowhere")
    refuses(cluster.mqadmin("updateTopicPerm", "-b", cluster.address, "-t", "Permitted", "-p", "9"), "perm", "9")


def name_servers_keep_values_and_orders(world):
    cluster = world.cluster
    expect_lines(cluster.mqadmin("updateKvConfig", "-s", "Team", "-k", "contact", "-v", "us"),
                 "create or update kv config to namespace success.", [])
    expect_lines(cluster.mqadmin("deleteKvConfig", "-s", "Team", "-k", "contact"),
                 "delete kv config from namespace success.", [])
    order = "broker-a:4"
    refuses(cluster.mqadmin("updateOrderConf", "-t", "Ordered", "-m", "get"), "Ordered")
    refuses(cluster.mqadmin("updateOrderConf", "-t", "Ordered", "-m", "put"), "-v")
    refuses(cluster.mqadmin("updateOrderConf", "-t", "Ordered", "-m", "set"), "put, get or delete")
    expect_lines(cluster.mqadmin("updateOrderConf", "-t", "Ordered", "-m", "put", "-v", order),
                 f"update orderConf success. topic=[Ordered], orderConf=[{order}]", [])
    for port in cluster.ports:  # At every NameServer.
        called = world.script("mqadmin", "updateOrderConf", "-t", "Ordered", "-m", "get", "-n", f"127.0.0.1:{port}")
        expect_lines(called, f"get orderConf success. topic=[Ordered], orderConf=[{order}]", [])
    expect_lines(cluster.mqadmin("updateOrderConf", "-t", "Ordered", "-m", "delete"),
                 "delete orderConf success. topic=[Ordered]", [])
    refuses(cluster.mqadmin("updateOrderConf", "-t", "Ordered", "-m", "get"), "Ordered")


def offsets_are_reset_skipped_and_copied(world):
    cluster = world.cluster
    cluster.has_topic("Moved", queues=2)
    for i in range(3):
        cluster.has_message("Moved", f"message {i}", "-b", "broker-a", "-i", 1)
    consumer = Consumer(cluster.port, "moving-group", "Moved")
    consumer.commits(1, 2)
    consumer.leaves()

    def shows(called, *queues):
        expect_lines(called, OFFSETS, [rf"broker-a {{33}} {queue} {{40}} {offset} *" for queue, offset in queues])

    shows(cluster.mqadmin("skipAccumulatedMessage", "-g", "moving-group", "-t", "Moved"), (0, 0), (1, 3))
    called = cluster.mqadmin("resetOffsetByTime", "-g", "moving-group", "-t", "Moved", "-s", "0")
    start = called.lines()[0]
    assert start == ("start reset consumer offset by specified, group[moving-group], topic[Moved], force[true], "
                     "timestamp(string)[0], timestamp(long)[0]"), called.said
    called.out = called.out.partition("\n")[2]
    shows(called, (0, 0), (1, 0))
    of_queue = ["resetOffsetByTime", "-g", "moving-group", "-t", "Moved", "-s", "now", "-b", cluster.address, "-q", "1"]
    assert "reset consumer offset to 1" in cluster.mqadmin(*of_queue, "-o", "1").lines()
    refuses(cluster.mqadmin(*of_queue, "-o", "9"), "9", "[0-3]")
    refuses(cluster.mqadmin(*of_queue[:-2]), "-b and -q together")
    refuses(cluster.mqadmin("skipAccumulatedMessage", "-g", "no-such-group", "-t", "Moved"), "no-such-group")

    expect_lines(cluster.mqadmin("cloneGroupOffset", "-s", "moving-group", "-d", "copying-group", "-t", "Moved"),
                 "clone group offset success. srcGroup[moving-group], destGroup=[copying-group], topic[Moved]", [])
    row = "{}  +{}  +broker-a +1 +3 +{} +{} +.*"
    expect_lines(cluster.mqadmin("brokerConsumeStats", "-b", cluster.address, "-l", "2"),
                 "#Topic                                                            "
                 "#Group                                                            "
                 "#Broker Name                      #QID  #Broker Offset        #Consumer Offset      "
                 "#Diff                 #LastTime",
                 [rf"\S+ +\S+ +broker-a +{INT} +{INT} +{INT} +{INT} +.*", row.format("Moved", "moving-group", 1, 2),
                  row.format("Moved", "copying-group", 1, 2), rf"Diff Total: {INT}"])


def traffic_is_shown_by_topic_and_group(world):
    cluster = world.cluster
    cluster.has_topic("Busy", queues=2)
    header = ("#Topic                                                            "
              "#Consumer Group                                                  #Accumulation      #InTPS     "
              "#OutTPS   #InMsg24Hour  #OutMsg24Hour")
    expect_lines(cluster.mqadmin("checkMsgSendRT", "-t", "Busy", "-a", "4"),
                 "#Broker Name                      #QID  #Send Result            #RT",
                 [r"broker-a +0 +true +\d+", r"broker-a +1 +true +\d+", r"Avg RT: \d+\.\d\d"])
    expect_lines(cluster.mqadmin("statsAll", "-t", "Busy"), header,
                 [rf"Busy +0 +{NUM} +4 +NO_CONSUMER"])
    Consumer(cluster.port, "busy-group", "Busy").commits(0, 1)
    wait_for(lambda: re.search(rf"^Busy +busy-group +3 +{NUM} +0\.00 +4 +0$", cluster.mqadmin("statsAll", "-t", "Busy").out,
                               re.MULTILINE), "the group is not shown with what it lacks")
    assert "Busy" not in cluster.mqadmin("statsAll", "-a", "-t", "broker-a").out
    expect_lines(cluster.mqadmin("sendMsgStatus", "-b", "broker-a", "-c", "2"), None,
                 [rf"rt=\d+ms, SendResult=SendResult \[sendStatus=SEND_OK, msgId={ID}, offsetMsgId={ID}, messageQueue="
                  rf"MessageQueue \[topic=broker-a, brokerName=broker-a, queueId=0\], queueOffset={INT}\]"])
    refuses(cluster.mqadmin("checkMsgSendRT", "-t", "Busy", "-a", "0"), "from 1 to")


def queues_are_looked_into(world):
    cluster = world.cluster
    cluster.has_topic("Queues", queues=1)
    for tag in "red", "blue", "red":
        cluster.has_message("Queues", f"a {tag} one", "-c", tag, "-b", "broker-a", "-i", 0)
    of_queue = ["printMsgByQueue", "-t", "Queues", "-a", "broker-a", "-i", "0"]
    called = cluster.mqadmin(*of_queue, "-f", "true")
    assert called.lines() == [f"Tag: {'red':<30} Count: 2", f"Tag: {'blue':<30} Count: 1"], called.said
    expect_lines(cluster.mqadmin(*of_queue, "-p", "true", "-d", "true", "-s", "blue"), None,
                 [rf"MSGID: {ID} MessageExt .*topic='Queues'.* BODY: a blue one"])
    expect_lines(cluster.mqadmin("queryCq", "-t", "Queues", "-q", "0", "-i", "1", "-c", "1"), "Queue data:",
                 ["max: 3, min: 0", "=+", "idx: 1",
                  r"ConsumeQueueData\{physicOffset=\d+, physicSize=\d+, tagsCode=3027034, extendDataJson='null', "
                  r"bitMap='null', eval=false, msg='null'\}"])
    for command in "cleanExpiredCQ", "cleanUnusedTopic", "deleteExpiredCommitLog":
        for words in ["-b", cluster.address], ["-c", "DefaultCluster"], []:
            expect_lines(cluster.mqadmin(command, *words), "success", [])
    assert cluster.bodies("Queues") == ["a blue one", "a red one", "a red one"]


def traces_of_a_message_are_shown(world):
    cluster = world.cluster
    cluster.has_topic("Traces", queues=1)
    published = ["Pub", "1700000000000", "region", "senders", "Orders", "ID-1", "", "key", "10.0.0.1:10911", "5", "7", "0",
                 "OFFSET-1", "true"]
    begun = ["SubBefore", "1700000001000", "region", "readers", "attempt-1", "ID-1", "0", "key"]
    ended = ["SubAfter", "attempt-1", "ID-1", "12", "false", "key", "4"]
    for records in [published], [begun], [ended]:
        text = "".join("\x01".join(record) + "\x02" for record in records)
        cluster.has_message("Traces", text, "-k", "ID-1")
    called = cluster.mqadmin("queryMsgTraceById", "-i", "ID-1", "-t", "Traces")
    expect_lines(called, "#Type      #ProducerGroup       #ClientHost          #SendTime            #CostTimes #Status",
                 [rf"Pub +senders +127\.0\.0\.1 +{DATE} +7ms +success",
                  "#Type      #ConsumerGroup       #ClientHost          #ConsumerTime        #CostTimes #Status",
                  rf"Sub +readers +127\.0\.0\.1 +{DATE} +12ms +failed"])
    refuses(cluster.mqadmin("queryMsgTraceById", "-i", "ID-2", "-t", "Traces"), "ID-2")
    refuses(cluster.mqadmin("queryMsgTraceById", "-i", "ID-1"), "RMQ_SYS_TRACE_TOPIC", "traceTopicEnable")


def misses(called, option):
    assert called.status == EXIT_USAGE and f"Missing required option: {option}" in called.err, called.said


def topics_are_deleted_with_their_messages_and_order(world):
    cluster = world.cluster
    cluster.has_topic("Dropped", queues=1)
    cluster.has_message("Dropped", "gone with it")
    cluster.mqadmin("updateOrderConf", "-t", "Dropped", "-m", "put", "-v", "broker-a:1")
    expect_lines(cluster.mqadmin("topicClusterList", "-t", "Dropped"), "DefaultCluster", [])
    assert cluster.mqadmin("topicClusterList", "-t", "Dropped", "--json").json() == ["DefaultCluster"]
    refuses(cluster.mqadmin("deleteTopic", "-c", "Elsewhere", "-t", "Dropped"), "Elsewhere", "DefaultCluster")
    misses(cluster.mqadmin("deleteTopic", "-t", "Dropped"), "-c")
    misses(cluster.mqadmin("topicClusterList"), "-t")

    expect_lines(cluster.mqadmin("deleteTopic", "-c", "DefaultCluster", "-t", "Dropped"),
                 "delete topic [Dropped] from cluster [DefaultCluster] success.",
                 [r"delete topic \[Dropped\] from NameServer success\."])
    for port in cluster.ports:  # Before the command ended.
        refuses(world.script("mqadmin", "topicRoute", "-t", "Dropped", "-n", f"127.0.0.1:{port}"), "Dropped")
    refuses(cluster.mqadmin("topicClusterList", "-t", "Dropped"), "Dropped", "mqadmin topicList")
    refuses(cluster.mqadmin("updateOrderConf", "-t", "Dropped", "-m", "get"), "Dropped")
    refuses(cluster.mqadmin("updateTopicPerm", "-b", cluster.address, "-t", "Dropped", "-p", "4"), "Dropped")
    cluster.has_topic("Dropped", queues=1)
    assert cluster.bodies("Dropped") == []
    assert cluster.mqadmin("deleteTopic", "-c", "DefaultCluster", "-t", "Dropped", "--json").json() == {
        "deleted": "Dropped", "cluster": "DefaultCluster"}


def groups_are_deleted_with_offsets_or_without(world):
    cluster = world.cluster
    cluster.has_topic("Consumed-once", queues=1)
    cluster.has_message("Consumed-once", "a message")

    def has_group():
        consumer = Consumer(cluster.port, "dropped-group", "Consumed-once")
        consumer.commits(0, 1)
        consumer.leaves()
        wait_for(lambda: "Consumed-once" in cluster.mqadmin("consumerProgress", "-g", "dropped-group").out, "no such group")

    def offset():
        """Of the group, which is there again for it to be shown."""
        cluster.mqadmin("updateSubGroup", "-c", "DefaultCluster", "-g", "dropped-group")
        queues = cluster.mqadmin("brokerConsumeStats", "-b", cluster.address, "--json").json()
        return json.dumps(queues).count("dropped-group")

    refuses(cluster.mqadmin("deleteSubGroup", "-c", "Elsewhere", "-g", "dropped-group"), "Elsewhere", "DefaultCluster")
    misses(cluster.mqadmin("deleteSubGroup", "-c", "DefaultCluster"), "-g")
    has_group()
    expect_lines(cluster.mqadmin("deleteSubGroup", "-b", cluster.address, "-g", "dropped-group"),
                 f"delete subscription group [dropped-group] from broker [{cluster.address}] success.", [])
    refuses(cluster.mqadmin("getConsumerConfig", "-g", "dropped-group"), "dropped-group")
    assert "%RETRY%dropped-group" in cluster.mqadmin("topicList").lines()  # With -b the topics stay,
    assert offset() == 1  # And without -r the offsets.
    expect_lines(cluster.mqadmin("deleteSubGroup", "-c", "DefaultCluster", "-g", "dropped-group", "-r", "true"),
                 f"delete subscription group [dropped-group] from broker [{cluster.address}] in cluster [DefaultCluster] "
                 "success.", [])
    assert "%RETRY%dropped-group" not in cluster.mqadmin("topicList").lines()
    assert offset() == 0
    assert cluster.mqadmin("deleteSubGroup", "-c", "DefaultCluster", "-g", "dropped-group", "--json").json() == {
        "deleted": "dropped-group", "deletedFrom": [cluster.address]}


def brokers_are_hidden_from_producers_and_shown_again(world):
    cluster = world.cluster
    cluster.has_topic("Hidden", queues=1)

    def perms():
        """Of the topic, at every NameServer."""
        routes = [world.script("mqadmin", "topicRoute", "-t", "Hidden", "-n", f"127.0.0.1:{port}", "--json").json()
                  for port in cluster.ports]
        return [queues["perm"] for route in routes for queues in route["queueDatas"]]

    def rows(verb):
        return [rf"{verb} write perm of broker\[broker-a\] in name server\[127\.0\.0\.1:{port}\] OK, [1-9]\d*"
                for port in cluster.ports]
    assert perms() == [6, 6]
    expect_lines(cluster.mqadmin("wipeWritePerm", "-b", "broker-a"), None, rows("wipe"))
    assert perms() == [4, 4]
    refuses(cluster.mqadmin("sendMessage", "-t", "Hidden", "-p", "x"), "Hidden")
    assert cluster.bodies("Hidden") == []  # It may be read.
    expect_lines(cluster.mqadmin("addWritePerm", "-b", "broker-a"), None, rows("add"))
    assert perms() == [6, 6]
    cluster.has_message("Hidden", "x")
    for command in "wipeWritePerm", "addWritePerm":
        topics = cluster.mqadmin(command, "-b", "broker-a", "--json").json()
        assert set(topics) == set(cluster.namesrv.split(";")) and all(count > 0 for count in topics.values()), topics
        misses(cluster.mqadmin(command), "-b")
    expect_lines(cluster.mqadmin("wipeWritePerm", "-b", "no-broker"), None,
                 [rf"wipe write perm of broker\[no-broker\] in name server\[127\.0\.0\.1:{port}\] OK, 0"
                  for port in cluster.ports])
    assert perms() == [6, 6]
    nobody = f"127.0.0.1:{free_port()}"
    called = world.script("mqadmin", "wipeWritePerm", "-b", "no-broker", "-n", f"127.0.0.1:{cluster.ports[0]};{nobody}")
    refuses(called, nobody)
    assert f"in name server[127.0.0.1:{cluster.ports[0]}] OK, 0\n" in called.out, called.said
    assert f"in name server[{nobody}] Failed\n" in called.out, called.said


def settings_of_name_servers_are_listed(world):
    cluster = world.cluster
    called = cluster.mqadmin("getNamesrvConfig")
    expect_lines(called, None, [r"=+127\.0\.0\.1:\d+=+", r"\S+ +=  .*",
                                *(f"{'=' * 12}127\\.0\\.0\\.1:{port}{'=' * 12}" for port in cluster.ports),
                                *(f"{'listenPort':<50}=  {port}" for port in cluster.ports)])
    settings = cluster.mqadmin("getNamesrvConfig", "--json").json()
    assert {address: of["listenPort"] for address, of in settings.items()} == {
        f"127.0.0.1:{port}": str(port) for port in cluster.ports}, settings
    nobody = f"127.0.0.1:{free_port()}"
    refuses(world.script("mqadmin", "getNamesrvConfig", "-n", nobody), nobody)


def members_of_groups_are_shown(world):
    cluster = world.cluster
    cluster.has_topic("Connected")
    member = Consumer(cluster.port, "connected-group", "Connected")
    member.ask(34, {}, {"clientID": "127.0.0.1@sender", "producerDataSet": [{"groupName": "connected-senders"}],
                        "consumerDataSet": []})
    consumers = ["consumerConnection", "-g", "connected-group"]
    for words in [], ["-b", cluster.address]:
        expect_lines(cluster.mqadmin(*consumers, *words), "#ClientId                            #ClientAddr            "
                     "#Language  #Version",
                     [r"127\.0\.0\.1@member {21}127\.0\.0\.1:\d+ +JAVA +V5_5_0", "Below is subscription:",
                      "#Topic +#SubExpression", r"Connected +\*", r"%RETRY%connected-group \*",
                      "ConsumeType: CONSUME_PASSIVELY", "MessageModel: CLUSTERING",
                      "ConsumeFromWhere: CONSUME_FROM_LAST_OFFSET"])
    document = cluster.mqadmin(*consumers, "--json").json()
    assert [each["clientId"] for each in document["connectionSet"]] == ["127.0.0.1@member"], document
    assert set(document["subscriptionTable"]) == {"Connected", "%RETRY%connected-group"}, document
    producers = ["producerConnection", "-g", "connected-senders", "-t", "Connected"]
    expect_lines(cluster.mqadmin(*producers), None, [r"0001  127\.0\.0\.1@sender {17}127\.0\.0\.1:\d+ +JAVA +V5_5_0"])
    document = cluster.mqadmin(*producers, "--json").json()
    assert [each["clientId"] for each in document["connectionSet"]] == ["127.0.0.1@sender"], document

    refuses(cluster.mqadmin("consumerConnection", "-g", "nobody"), "nobody", "mqadmin consumerProgress")
    refuses(cluster.mqadmin("producerConnection", "-g", "nobody", "-t", "Connected"), "nobody")
    refuses(cluster.mqadmin("producerConnection", "-g", "connected-senders", "-t", "Nowhere"), "Nowhere")
    misses(cluster.mqadmin("consumerConnection"), "-g")
    misses(cluster.mqadmin("producerConnection", "-g", "connected-senders"), "-t")
    member.leaves()
    wait_for(lambda: "not online" in cluster.mqadmin(*consumers).err, "its closed connection is not noticed")


def clients_are_listed_by_group(world):
    cluster = world.cluster
    cluster.has_topic("Shared")
    member = Consumer(cluster.port, "sharing-group", "Shared")
    member.ask(34, {}, {"clientID": "127.0.0.1@sender", "producerDataSet": [{"groupName": "senders"}],
                        "consumerDataSet": []})
    expect_lines(cluster.mqadmin("producer", "-b", cluster.address), None,
                 [r"producer group \(senders\) instance : clientId=127\.0\.0\.1@sender,remoteIP=/127\.0\.0\.1:\d+, "
                  r"language=JAVA, version=513, lastUpdateTimestamp=\d+"])
    refuses(cluster.mqadmin("consumerStatus", "-g", "nobody"), "nobody", "mqadmin consumerProgress")
    refuses(cluster.mqadmin("consumerStatus", "-g", "sharing-group", "-i", "another"), "<another> not online")
    member.leaves()


def clusters_are_exported(world):
    cluster = world.cluster
    cluster.has_topic("Exported", queues=3)
    Consumer(cluster.port, "exported-group", "Exported").leaves()
    directory = world.directory / "export" / "of today"

    def export(file, command, *words):
        called = cluster.mqadmin(command, *words, "-f", directory)
        expect_lines(called, f"export {directory}/{file} success", [])
        return json.loads((directory / file).read_text())

    metadata = export("metadata.json", "exportMetadata", "-c", "DefaultCluster")
    assert metadata["topicConfigTable"]["Exported"]["writeQueueNums"] == 3, metadata
    assert metadata["subscriptionGroupTable"]["exported-group"]["retryMaxTimes"] == 16, metadata
    assert not {"TBW102", "broker-a", "SELF_TEST_TOPIC", "%RETRY%exported-group"} & set(metadata["topicConfigTable"])
    assert "TOOLS_CONSUMER" not in metadata["subscriptionGroupTable"], metadata
    topics = export("topic.json", "exportMetadata", "-b", cluster.address, "-t", "-s")
    assert "%RETRY%exported-group" in topics["topicConfigTable"] and "subscriptionGroupTable" not in topics
    groups = export("subscriptionGroup.json", "exportMetadata", "-b", cluster.address, "-g")
    assert groups["subscriptionGroupTable"] == metadata["subscriptionGroupTable"]
    configs = export("configs.json", "exportConfigs", "-c", "DefaultCluster")
    assert configs["clusterScale"] == {"namesrvSize": 2, "masterBrokerSize": 1, "slaveBrokerSize": 0}, configs
    assert configs["brokerConfigs"]["broker-a"]["flushDiskType"] == "ASYNC_FLUSH", configs
    for i in range(3):
        cluster.has_message("Exported", f"message {i}")
    wait_for(lambda: export("metrics.json", "exportMetrics", "-c", "DefaultCluster")["totalData"]["totalTps"]["totalNormalInTps"],
             "the broker's rates are not shown")
    report = json.loads((directory / "metrics.json").read_text())["evaluateReport"]["broker-a"]
    assert report["runtimeQuota"]["topicSize"] >= len(metadata["topicConfigTable"]), report
    refuses(cluster.mqadmin("exportMetrics", "-c", "Nowhere", "-f", directory), "Nowhere", "DefaultCluster")


def queues_are_divided_and_modes_set(world):
    cluster = world.cluster
    cluster.has_topic("Divided", queues=3)
    shares = cluster.mqadmin("allocateMQ", "-t", "Divided", "-i", "10.0.0.1,10.0.0.2").json()["result"]
    assert {client: [queue["queueId"] for queue in queues] for client, queues in shares.items()} == {
        "10.0.0.1": [0, 1], "10.0.0.2": [2]}, shares
    words = ["setConsumeMode", "-b", cluster.address, "-t", "Divided", "-g", "dividing-group", "-m"]
    expect_lines(cluster.mqadmin(*words, "PULL"), f"set consume mode to {cluster.address} success.",
                 [r"topic\[Divided\] group\[dividing-group\] consume mode\[PULL\] popShareQueueNum\[0\]"])
    refuses(cluster.mqadmin(*words, "POP"), cluster.address, "POP is not served")
    refuses(cluster.mqadmin(*words, "PUSH"), "PULL or POP", "PUSH")


def endless_commands_show_a_round(world):
    """For people they go on until they are ended; for programs a round is a document."""
    cluster = world.cluster
    cluster.has_topic("Watched", queues=1)
    for i in range(3):
        cluster.has_message("Watched", f"message {i}")
    Consumer(cluster.port, "watched-group", "Watched").commits(0, 1)
    undone = wait_for(lambda: [each for each in cluster.mqadmin("startMonitoring", "--json").json()["undoneMsgs"]
                               if (each["consumerGroup"], each["topic"]) == ("watched-group", "Watched")],
                      "the group is not among those that are watched")
    assert undone[0]["undoneMsgsTotal"] == 2 and undone[0]["undoneMsgsDelayTimeMills"] > 0, undone
    (row,) = cluster.mqadmin("clusterRT", "-a", "4", "--json").json()
    assert (row["brokerName"], row["successCount"], row["failCount"]) == ("broker-a", 4, 0), row

    def first_lines(log, *words):
        watch = world.starts("sh", world.bin / "mqadmin", *words, "-n", cluster.namesrv, log=log)
        wait_for(lambda: len(watch.printed().splitlines()) >= 3, f"fewer than three lines: {watch.printed()}")
        assert watch.ends(signal.SIGTERM) != 0
        return watch.printed().splitlines()

    header, *rows = first_lines("cluster-rt.log", "clusterRT", "-a", "2", "-i", "1")
    assert header == "#Cluster Name             #Broker Name              #RT   #successCount  #failCount", header
    assert re.fullmatch(rf"DefaultCluster {{12}}broker-a {{18}}{NUM} +2 +0 +", rows[0]), rows
    rows = first_lines("cluster-log.log", "clusterRT", "-a", "2", "-i", "1", "-p", "true", "-m", "here")
    assert re.fullmatch(rf"{DATE}\|here\|DefaultCluster\|broker-a\|\d+", rows[0]), rows
    rows = first_lines("monitoring.log", "startMonitoring")
    assert rows[0] == "[MONITOR] =========================================beginRound", rows
    assert any(row.startswith("[MONITOR] reportUndoneMsgs: UndoneMsgs [consumerGroup=watched-group, topic=Watched, "
                              "undoneMsgsTotal=2, undoneMsgsSingleMQ=2, ") for row in rows), rows


TESTS = [lists_of_a_file_are_created_together, permission_of_a_topic_changes_alone, name_servers_keep_values_and_orders,
         offsets_are_reset_skipped_and_copied, traffic_is_shown_by_topic_and_group, queues_are_looked_into,
         traces_of_a_message_are_shown, topics_are_deleted_with_their_messages_and_order,
         groups_are_deleted_with_offsets_or_without, brokers_are_hidden_from_producers_and_shown_again,
         settings_of_name_servers_are_listed, members_of_groups_are_shown, clients_are_listed_by_group,
         clusters_are_exported, queues_are_divided_and_modes_set, endless_commands_show_a_round]
