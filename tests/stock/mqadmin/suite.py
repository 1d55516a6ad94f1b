#!/usr/bin/env python3
"""Stock mqadmin commands against the cluster of a NameServer: what they print, line by line.

Started by tests/stock/run, which gives the command line of the JVM in $MQADMIN.  A command passes if it prints its
header exactly, if every other line has one of the expected shapes, and if each shape occurs.  Commands build on those
before them, so all run; those named on the command line are reported.
"""

import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import time

DEADLINE_S = 30

INT = r"-?\d+"
NUM = r"-?\d+(\.\d+)?"
DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,:.]\d{3}"
ID = r"[0-9A-F]{32,56}"
URL = r"(For more information, please visit|See) .*"
STACK = [r"\tat .*", r"\t\.\.\. \d+ more"]


class Mqadmin:
    """The JVM that runs the commands."""

    def __init__(self, namesrv):
        self.namesrv = namesrv
        self.process = subprocess.Popen(os.environ["MQADMIN"].split("\n"), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def run(self, *arguments):
        self.process.stdin.write("\t".join(arguments).encode() + b"\n")
        self.process.stdin.flush()
        size = self.process.stdout.readline()
        if not size:
            raise EOFError(f"the JVM ended while it ran {' '.join(arguments)}")
        return self.process.stdout.read(int(size)).decode(errors="replace")

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def fault(output, header, shapes):
    """What is wrong with the output; nothing if all is well."""
    lines = [line.rstrip() for line in output.splitlines() if line.strip()]
    if header is not None:
        if header not in lines:
            return f"no line {header!r}"
        lines = [line for line in lines if line != header]
    for line in lines:
        if not any(re.fullmatch(shape, line) for shape in shapes):
            return f"unexpected line {line!r}"
    for shape in shapes:
        if not any(re.fullmatch(shape, line) for line in lines):
            return f"no line of the shape {shape!r}"
    return None


class Suite:
    def __init__(self, mqadmin, version, names):
        self.mqadmin = mqadmin
        self.is_5 = version.startswith("5")
        self.names = names
        self.failed = False

    def by_version(self, five, four):
        return five if self.is_5 else four

    def ask(self, command):
        at = 3 if command[0] == "watch" else 1
        return self.mqadmin.run(*command[:at], "-n", self.mqadmin.namesrv, *command[at:])

    def expect(self, name, command, header=None, shapes=(), again=False, check=lambda: None):
        """Runs the command, until it prints what is expected if it may be run again; gives what it printed."""
        start = time.monotonic()
        while True:
            output = self.ask(command() if callable(command) else command)
            problem = fault(output, header, shapes) or check()
            if problem is None or not again or time.monotonic() - start > DEADLINE_S:
                break
            time.sleep(0.2)
        if problem:
            self.failed = True
        if not self.names or name in self.names:
            if problem is None:
                print(f"PASS {name} ({(time.monotonic() - start) * 1000:.0f} ms)", flush=True)
            else:
                print(f"FAIL {name}: {problem} in {output[:2000]!r}", flush=True)
        return output


class World:
    """Names that the commands share, and the escaped ones of shapes."""

    def __init__(self, suite):
        stamp = format(int(time.time() * 1000), "x")
        self.stamp = stamp
        self.topic, self.group, self.producers = (f"mqadmin-{stamp}", f"mqadmin-group-{stamp}",
                                                  f"mqadmin-producers-{stamp}")
        self.namesrv_ = re.escape(suite.mqadmin.namesrv)
        self.cluster = self.broker = self.address = None

    def find_broker(self, listing):
        row = next((line.split() for line in listing.splitlines() if re.search(r" 0 +\S+:\d+ ", line)), None)
        if row is None:
            return False
        self.cluster, self.broker, _, self.address = row[:4]
        self.broker_, self.address_ = re.escape(self.broker), re.escape(self.address)
        return True

    def file(self, name, content):
        """Its path; JVM and suite run in the same directory."""
        path = pathlib.Path(name).resolve()
        path.write_text(json.dumps(content))
        return str(path)


def run(suite):
    world = World(suite)
    listing = suite.expect("clusterList", ["clusterList"], suite.by_version(
        "#Cluster Name           #Broker Name            #BID  #Addr                  #Version              "
        "#InTPS(LOAD)                   #OutTPS(LOAD)  #Timer(Progress)        #PCWait(ms)  #Hour         #SPACE    "
        "#ACTIVATED",
        "#Cluster Name     #Broker Name            #BID  #Addr                  #Version                #InTPS(LOAD)       "
        "#OutTPS(LOAD) #PCWait(ms) #Hour #SPACE"), [suite.by_version(
            rf"\S+ +\S+ +{INT} +\S+:\d+ +V\d_\d+_\d+\S* +{NUM}\({INT},{INT}ms\) +{NUM}\({INT},{INT}ms\|{INT},{INT}ms\) +"
            rf"{INT}-{INT}\({NUM}w, {NUM}, {NUM}\) +{INT} +{NUM} +{NUM} +(true|false)",
            rf"\S+ +\S+ +{INT} +\S+:\d+ +V\d_\d+_\d+\S* +{NUM}\({INT},{INT}ms\) +{NUM}\({INT},{INT}ms\) +{INT} +{NUM} +{NUM}")],
        again=True)
    if not world.find_broker(listing):
        return
    for part in topics, sends, queries, static_topics, groups, settings, routes, exports, ends:
        part(suite, world)


def topics(suite, world):
    expect, topic, address = suite.expect, world.topic, world.address
    config = (rf"TopicConfig \[topicName={topic}, readQueueNums=4, writeQueueNums=4, perm=%s, "
              r"topicFilterType=SINGLE_TAG, topicSysFlag=0, order=false" + suite.by_version(r", attributes=\{\}\]", r"\]"))
    expect("clusterList -m", ["clusterList", "-m"],
           "#Cluster Name     #Broker Name                       #InTotalYest  #OutTotalYest  #InTotalToday #OutTotalToday",
           [rf"\S+ +\S+ +{INT} +{INT} +{INT} +{INT}"])
    expect("updateTopic", ["updateTopic", "-b", address, "-t", topic, "-r", "4", "-w", "4"],
           f"create topic to {address} success.", [config % "RW-"])
    expect("topicList", ["topicList"], topic, [r"\S+"], again=True)
    expect("topicList -c", ["topicList", "-c"],
           "#Cluster Name         #Topic                                            #Consumer Group",
           [r"\S+ +\S+( +\S+)?", rf"{re.escape(world.cluster)} +{topic}"])
    expect("topicClusterList", ["topicClusterList", "-t", topic], world.cluster)
    shapes = [r'[{}\[\]\s]*[{}\[\]],?', r'\s*"(brokerDatas|queueDatas)":\[', r'\s*"filterServerTable":\{\},',
              rf'\s*"brokerName":"{world.broker_}",?', rf'\s*"cluster":"{re.escape(world.cluster)}",?', r'\s*"perm":6,',
              r'\s*"(read|write)QueueNums":4,?', r'\s*"topicSysFlag":0,?']
    shapes += suite.by_version([r'\s*"brokerAddrs":\{', rf'\s*("?0"?:"{world.address_}"|"?[1-9]"?:"\S+:\d+"),?',
                                r'\s*"enableActingMaster":false'],
                               [rf'\s*"brokerAddrs":\{{0:"{world.address_}"(,\d:"\S+:\d+")*'])
    expect("topicRoute", ["topicRoute", "-t", topic], None, shapes)
    expect("topicRoute -l", ["topicRoute", "-t", topic, "-l"],
           "#ClusterName                                  #BrokerName                      "
           "#BrokerAddrs                                       #ReadQueue #WriteQueue #Perm",
           [rf"{re.escape(world.cluster)} +{world.broker_} +\{{0={world.address_}.*\}} +4 +4 +6", "-+", r"Total: +1 +4 +4"])
    expect("updateTopicPerm", ["updateTopicPerm", "-b", address, "-t", topic, "-p", "4"],
           f"update topic perm from 6 to 4 in {address} success.", [config % "R--" + r"\."])
    expect("updateTopicPerm back", ["updateTopicPerm", "-b", address, "-t", topic, "-p", "6"],
           f"update topic perm from 4 to 6 in {address} success.", [config % "RW-" + r"\."])
    if suite.is_5:
        names = [f"{topic}-{i}" for i in range(3)]
        file = world.file("topics.json", [{"topicName": name, "readQueueNums": 2, "writeQueueNums": 2, "perm": 6,
                                           "attributes": {"+message.type": "NORMAL"}} for name in names])
        expect("updateTopicList", ["updateTopicList", "-b", address, "-f", file],
               f"submit batch of topic config to {address} success, please check the result later.")
        expect("topicList of a batch", ["topicList"], names[0], [*names[1:], r"\S+"], again=True)


def sends(suite, world):
    expect, topic, broker_ = suite.expect, world.topic, world.broker_
    header = "#Broker Name                      #QID  #Send Result            #MsgId"
    world.sent = expect("sendMessage to a queue", [
        "sendMessage", "-t", topic, "-p", "first body", "-k", "first-key", "-c", "first-tag", "-b", world.broker, "-i", "0"],
        header, [rf"{broker_} +0 +SEND_OK +{ID}"])
    expect("sendMessage to another queue",
           ["sendMessage", "-t", topic, "-p", "second body", "-k", "second-key", "-b", world.broker, "-i", "2"],
           header, [rf"{broker_} +2 +SEND_OK +{ID}"])
    expect("sendMessage", ["sendMessage", "-t", topic, "-p", "third body"], header, [rf"{broker_} +{INT} +SEND_OK +{ID}"])
    # A client of 4.9 that ends at once loses a trace now and then: several are sent, and asked for in turn.
    trace = ["sendMessage", "-t", topic, "-p", "traced body", "-m", "true"]
    traced = expect("sendMessage -m", trace, header, [rf"{broker_} +{INT} +SEND_OK +{ID}"])
    traced += "".join(suite.ask(trace) for _ in range(3))
    ids = itertools.cycle(re.findall(ID, traced) or ["0" * 32])
    expect("queryMsgTraceById", lambda: ["queryMsgTraceById", "-i", next(ids)],
           "#Type      #ProducerGroup       #ClientHost          #SendTime            #CostTimes #Status",
           [rf"Pub +\S+ +\S+ +{DATE} +\d+ms +success"], again=True)
    expect("checkMsgSendRT", ["checkMsgSendRT", "-t", topic, "-a", "5", "-s", "100"],
           "#Broker Name                      #QID  #Send Result            #RT",
           [rf"{broker_} +{INT} +true +{INT}", rf"Avg RT: {NUM}"])
    expect("sendMsgStatus", ["sendMsgStatus", "-b", world.broker, "-s", "10", "-c", "2"], None,
           [rf"rt=\d+ms, SendResult=SendResult \[sendStatus=SEND_OK, msgId={ID}, offsetMsgId={ID}, "
            rf"messageQueue=MessageQueue \[topic={broker_}, brokerName={broker_}, queueId=0\], queueOffset=\d+.*\]"])
    expect("clusterRT", ["watch", "2", "clusterRT", "-a", "3", "-c", world.cluster],
           "#Cluster Name             #Broker Name              #RT   #successCount  #failCount",
           [rf"{re.escape(world.cluster)} +{broker_} +{NUM} +3 +0"])
    expect("topicStatus", ["topicStatus", "-t", topic],
           "#Broker Name                      #QID  #Min Offset           #Max Offset             #Last Updated",
           [rf"{broker_} +[0-3] +0 +{INT} +{TIME}", *suite.by_version([rf"Topic Put TPS: {NUM}"], [])], again=True)
    expect("brokerStatus", ["brokerStatus", "-b", world.address], None,
           [r"\S+ *: .*", r"brokerVersionDesc +: V\d\S+", r"msgPutTotalTodayNow +: [1-9]\d*", rf"putTps +: {NUM}.*",
            rf"commitLogMaxOffset +: {INT}", rf"bootTimestamp +: {INT}", rf"getTransferredTps +: {NUM}.*"],
           again=True)  # The stock broker has no rates in its first seconds.


def queries(suite, world):
    expect, topic, broker_ = suite.expect, world.topic, world.broker_
    id_ = next(iter(re.findall(ID, world.sent)), "0" * 32)
    numbers = [rf"(Queue ID|Queue Offset|CommitLog Offset|Reconsume Times|System Flag): +{INT}",
               rf"(Born|Store) Timestamp: +{TIME}", r"(Born|Store) Host: +\S+:\d+", r"Message Body Path: +\S+",
               "WARN: No Consumer"]
    details = [rf"(Topic): +{topic}", r"Tags: +\[first-tag\]", r"Keys: +\[first-key\]",
               rf"Properties: +\{{.*UNIQ_KEY={id_}.*\}}", *numbers]
    expect("queryMsgByKey", ["queryMsgByKey", "-t", topic, "-k", "second-key"],
           None, [r"#Message ID +#QID +#Offset( +#IndexKey)?", rf"{ID} +2 +{INT}( .*)?"], again=True)
    expect("queryMsgByUniqueKey", ["queryMsgByUniqueKey", "-t", topic, "-i", id_], None, details, again=True)
    by_offset = expect(
        "queryMsgByOffset", ["queryMsgByOffset", "-t", topic, "-b", world.broker, "-i", "2", "-o", "0"], None,
        [rf"OffsetID: +{ID}", rf"(Topic): +{topic}", r"Tags: +\[null\]", r"Keys: +\[second-key\]", r"Properties: +\{.*\}",
         *numbers])
    of_topic = suite.by_version(["-t", topic], [])
    if suite.is_5:
        expect("queryMsgById", ["queryMsgById", *of_topic, "-i", id_], None, [rf"OffsetID: +{ID}", *details])
    world.offset_id = next(iter(re.findall(rf"OffsetID: +({ID})", by_offset)), "0" * 32)
    expect("queryMsgById by offset id", ["queryMsgById", *of_topic, "-i", world.offset_id], None,
           [rf"OffsetID: +{world.offset_id}", rf"(Topic): +{topic}", r"Tags: +\[null\]", r"Keys: +\[second-key\]",
            r"Properties: +\{.*\}", *numbers])
    message = rf".*MessageExt \[brokerName={broker_}, queueId=[0-3].*topic='{topic}'.*\].*"
    queue = rf"MessageQueue \[topic={topic}, brokerName={broker_}, queueId=[0-3]\]"
    expect("consumeMessage", ["consumeMessage", "-t", topic], "Consume ok",
           [rf"MSGID: {ID} {message}", rf"{queue} print msg finished. status=(NO_NEW_MSG|OFFSET_ILLEGAL), offset={INT}"])
    expect("printMsg", ["printMsg", "-t", topic], None,
           [rf"minOffset={INT}, maxOffset={INT}, {queue}", "-+", rf"MSGID: {ID} {message} BODY: .*"])
    expect("printMsgByQueue", ["printMsgByQueue", "-t", topic, "-a", world.broker, "-i", "0", "-p", "true", "-d", "true",
                               "-f", "true"], None,
           [rf"MSGID: {ID} {message} BODY: .*", rf"Tag: (first-tag|null) +Count: {INT}"])
    expect("queryCq", ["queryCq", "-t", topic, "-q", "2", "-i", "0", "-c", "1", "-b", world.address], "Queue data:",
           [rf"max: {INT}, min: 0", "=+", "idx: 0",
            rf"ConsumeQueueData\{{physicOffset={INT}, physicSize={INT}, tagsCode={INT}, extendDataJson='\w*', "
            r"bitMap='\w*', eval=false, msg='\w*'\}"])


def static_topics(suite, world):
    """What needs the broker's own files, or queues that move between brokers."""
    if not suite.is_5:
        return
    suite.expect("dumpCompactionLog", ["dumpCompactionLog"], "miss dump log file name")
    suite.expect("remappingStaticTopic", ["remappingStaticTopic", "-b", world.broker, "-t", f"{world.topic}-static"], None,
                 [*STACK, r"\S+SubCommandException: RemappingStaticTopicSubCommand command failed",
                  "Caused by: java.lang.RuntimeException: No topic route to do the remapping"])


def groups(suite, world):
    expect, topic, group, address, broker_ = suite.expect, world.topic, world.group, world.address, world.broker_
    version = suite.by_version("V5_5_0", "V4_9_7")
    config = suite.by_version(r"SubscriptionGroupConfig\{groupName=%s, .*\}", r"SubscriptionGroupConfig \[groupName=%s, .*\]")
    expect("updateSubGroup", ["updateSubGroup", "-b", address, "-g", group],
           f"create subscription group to {address} success.", [config % group])
    if suite.is_5:
        file = world.file("groups.json", [{"groupName": f"{group}-{i}", "retryMaxTimes": 3} for i in range(3, 5)])
        expect("updateSubGroupList", ["updateSubGroupList", "-b", address, "-f", file],
               f"submit batch of group config to {address} success, please check the result later.")
        expect("getConsumerConfig", ["getConsumerConfig", "-g", f"{group}-3"],
               f"{'=' * 29}{world.cluster}:{world.broker}{'=' * 29}",
               [r"\S+ +=(  .*)?", rf"groupName +=  {group}-3", "retryMaxTimes +=  3"], again=True)
        expect("setConsumeMode", ["setConsumeMode", "-b", address, "-t", topic, "-g", group, "-m", "PULL"],
               f"set consume mode to {address} success.",
               [rf"topic\[{topic}\] group\[{group}\] consume mode\[PULL\] popShareQueueNum\[0\]"])
        expect("setConsumeMode POP", ["setConsumeMode", "-b", address, "-t", topic, "-g", f"{group}-3", "-m", "POP"],
               f"set consume mode to {address} success.",
               [rf"topic\[{topic}\] group\[{group}-3\] consume mode\[POP\] popShareQueueNum\[0\]"])
    else:
        expect("getConsumerConfig", ["getConsumerConfig", "-g", group],
               f"{'=' * 29}{world.cluster}:{world.broker}{'=' * 29}",
               [r"\S+ +=(  .*)?", rf"groupName +=  {group}", "retryMaxTimes +=  16"], again=True)
    suite.mqadmin.run("clients", suite.mqadmin.namesrv, topic, group, world.producers)
    connections = expect(
        "consumerConnection", ["consumerConnection", "-g", group],
        "#ClientId                            #ClientAddr            #Language  #Version",
        [rf"\S+@consumer +\S+:\d+ +JAVA +{version}", "Below is subscription:",
         r"#Topic +#SubExpression", rf"(%RETRY%{group}|{topic}) +\*",
         "ConsumeType: CONSUME_PASSIVELY", "MessageModel: CLUSTERING",
         "ConsumeFromWhere: CONSUME_FROM_FIRST_OFFSET"], again=True)
    client = next(iter(re.findall(r"\S+@consumer", connections)), "none")
    expect("producerConnection", ["producerConnection", "-g", world.producers, "-t", topic], None,
           [rf"{INT} +\S+@producer +\S+:\d+ +JAVA +{version}"], again=True)
    expect("producer", ["producer", "-b", address], None,
           [r"producer group \(\S+\) instances? : .*",
            rf"producer group \({world.producers}\) instances? : .*@producer.*"])
    columns = suite.by_version(("#Diff                #Inflight           #LastTime", rf" +{INT}"),
                               ("#Diff                 #LastTime", ""))
    expect("consumerProgress -g", ["consumerProgress", "-g", group],
           "#Topic                                                            #Broker Name                      #QID  "
           f"#Broker Offset        #Consumer Offset      {columns[0]}",
           [rf"(%RETRY%{group}|{topic}) +{broker_} +{INT} +{INT} +{INT} +{INT}{columns[1]} +(N/A|{DATE})",
            rf"Consume TPS: {NUM}", *suite.by_version(["Consume Diff Total: 0", "Consume Inflight Total: 0"],
                                                      ["(Consume )?Diff Total: 0"])], again=True)
    expect("consumerProgress -s", ["consumerProgress", "-g", group, "-s", "true"], None,
           [r"#Topic +#Broker Name +#QID +#Broker Offset +#Consumer Offset +#Client IP +#Diff .*#LastTime",
            rf"(%RETRY%{group}|{topic}) +{broker_} +{INT} +{INT} +{INT} +\d+\.\S+ +{INT}{columns[1]} +(N/A|{DATE})",
            rf"Consume TPS: {NUM}", *suite.by_version(["Consume Diff Total: 0", "Consume Inflight Total: 0"],
                                                      ["(Consume )?Diff Total: 0"])], again=True)
    expect("consumerProgress", ["consumerProgress"],
           "#Group                                                            #Count  #Version                 #Type  "
           "#Model          #TPS     #Diff Total",
           [rf"\S+ +{INT} +\S+( +\w+( +\w+)?)? +{INT} +{INT}",
            rf"{group} +1 +{version} +PUSH +CLUSTERING +{INT} +0"], again=True)
    expect("consumerStatus", ["consumerStatus", "-g", group],
           "#Index     #ClientId                                #Version             #ConsumerRunningInfoFile",
           [rf"\d+ +\S+@consumer +{version} +\d+/\S+", r"Same subscription in the same group of consumer.*",
            r"Rebalance OK.*"], again=True)
    expect("consumerStatus -s", ["consumerStatus", "-g", group, "-i", client, "-s"], "#Consumer Properties#",
           [".*", "#Consumer Subscription#", "#Consumer jstack#", r".*java\.lang\.Thread\S*.*"])
    expect("queryMsgById to a consumer", ["queryMsgById", *suite.by_version(["-t", topic], []), "-i", world.offset_id,
                                          "-g", group, "-d", client], None,
           [r"ConsumeMessageDirectlyResult \[order=false, autoCommit=true, consumeResult=CR_SUCCESS, .*\]"])
    expect("brokerConsumeStats", ["brokerConsumeStats", "-b", address],
           "#Topic                                                            "
           "#Group                                                            #Broker Name                      #QID  "
           "#Broker Offset        #Consumer Offset      #Diff                 #LastTime",
           [rf"\S+ +\S+ +\S+ +{INT} +{INT} +{INT} +{INT}( .*)?", rf"{topic} +{group} .*", rf"Diff Total: {INT}"], again=True)
    expect("statsAll", ["statsAll", "-t", topic],
           "#Topic                                                            "
           "#Consumer Group                                                  #Accumulation      #InTPS     #OutTPS   "
           "#InMsg24Hour  #OutMsg24Hour",
           [rf"{topic} +{group} +{INT} +{NUM} +{NUM} +(NO_DATA|{INT}) +(NO_DATA|{INT})"], again=True)
    expect("skipAccumulatedMessage", ["skipAccumulatedMessage", "-t", topic, "-g", group],
           "#brokerName                               #queueId                                  #offset",
           [rf"{broker_} +[0-3] +{INT}"])
    expect("resetOffsetByTime", ["resetOffsetByTime", "-t", topic, "-g", group, "-s", "0"],
           "#brokerName                               #queueId                                  #offset",
           [r"(start reset|rollback) consumer offset by specified,? .*", rf"{broker_} +[0-3] +0"])
    if suite.is_5:
        expect("resetOffsetByTime -o", ["resetOffsetByTime", "-t", topic, "-g", group, "-s", "0", "-b", address, "-q", "2",
                                        "-o", "1"], "reset consumer offset to 1",
               [r"start reset consumer offset by specified, .*"])
    expect("updateSubGroup for a copy", ["updateSubGroup", "-b", address, "-g", f"{group}-2"],
           f"create subscription group to {address} success.", [config % f"{group}-2"])
    expect("cloneGroupOffset", ["cloneGroupOffset", "-s", group, "-d", f"{group}-2", "-t", topic], None,
           [rf"clone group offset success. srcGroup\[{group}\], destGroup=\[{group}-2\], topic\[{topic}\]"])


def settings(suite, world):
    expect, address = suite.expect, world.address
    shapes = [rf"=+{world.address_}=+", r"\S+ +=(  .*)?"]
    expect("getBrokerConfig", ["getBrokerConfig", "-b", address], None,
           [*shapes, rf"brokerName +=  {world.broker_}", r"listenPort +=  \d+", r"fileReservedTime +=  \d+"])
    expect("updateBrokerConfig", ["updateBrokerConfig", "-b", address, "-k", "fileReservedTime", "-v", "49"],
           f"update broker config success, {address}")
    expect("getBrokerConfig after the change", ["getBrokerConfig", "-b", address], None,
           [*shapes, r"fileReservedTime +=  49"])
    expect("updateBrokerConfig back", ["updateBrokerConfig", "-b", address, "-k", "fileReservedTime", "-v", "72"],
           f"update broker config success, {address}")
    expect("getNamesrvConfig", ["getNamesrvConfig"], None,
           [rf"=+{world.namesrv_}=+", r"\S+ +=(  .*)?", r"listenPort +=  \d+", r"kvConfigPath +=  \S+"])
    expect("updateNamesrvConfig", ["updateNamesrvConfig", "-k", "orderMessageEnable", "-v", "true"],
           "orderMessageEnable : true", [rf"update name server config success!\[{world.namesrv_}\]"])
    expect("updateKvConfig", ["updateKvConfig", "-s", world.stamp, "-k", "key", "-v", "value"],
           "create or update kv config to namespace success.")
    expect("deleteKvConfig", ["deleteKvConfig", "-s", world.stamp, "-k", "key"], "delete kv config from namespace success.")


def routes(suite, world):
    expect, topic, address = suite.expect, world.topic, world.address
    order = f"{world.broker}:4"
    expect("updateOrderConf put", ["updateOrderConf", "-t", topic, "-m", "put", "-v", order],
           f"update orderConf success. topic=[{topic}], orderConf=[{order}]")
    expect("updateOrderConf get", ["updateOrderConf", "-t", topic, "-m", "get"],
           f"get orderConf success. topic=[{topic}], orderConf=[{order}]")
    expect("updateOrderConf delete", ["updateOrderConf", "-t", topic, "-m", "delete"],
           f"delete orderConf success. topic=[{topic}]")
    for verb in "wipe", "add":
        expect(f"{verb}WritePerm", [f"{verb}WritePerm", "-b", world.broker], None,
               [rf"{verb} write perm of broker\[{world.broker_}\] in name server\[{world.namesrv_}\] OK, [1-9]\d*"])
    expect("allocateMQ", ["allocateMQ", "-t", topic, "-i", "10.0.0.1,10.0.0.2"], None,
           [rf'\{{"result":\{{"10.0.0.\d":\[\{{"brokerName":"{world.broker_}","queueId":\d,"topic":"{topic}"\}},.*'])
    for command in "cleanExpiredCQ", "cleanUnusedTopic", "deleteExpiredCommitLog":
        expect(command, [command, "-b", address], "success")
    if suite.is_5:
        expect("haStatus", ["haStatus", "-b", address],
               "#SlaveAddr                        #SlaveAckOffset             #Diff #TransferSpeed(KB/s)          "
               "#Status #TransferFromWhere",
               [rf"#MasterAddr\t{world.address_}|\S+:\d+ +\d+ +\d+ +{NUM} +OK +\d+", r"#MasterCommitLogMaxOffset\t\d+",
                r"#SlaveNum\t\d", r"#InSyncSlaveNum\t\d"])


def exports(suite, world):
    directory = pathlib.Path("export").resolve()

    def export(name, words, file, members):
        """The command says which file it wrote, and that has these members."""
        suite.expect(name, [words[0], "-c", world.cluster, "-f", str(directory), *words[1:]],
                     f"export {directory}/{file} success",
                     check=lambda: missing_members(directory / file, members))
    export("exportMetadata -t", ["exportMetadata", "-t"], "topic.json", [f"topicConfigTable/{world.topic}/writeQueueNums"])
    export("exportMetadata -g", ["exportMetadata", "-g"], "subscriptionGroup.json",
           [f"subscriptionGroupTable/{world.group}/retryMaxTimes"])
    export("exportMetadata", ["exportMetadata"], "metadata.json",
           [f"topicConfigTable/{world.topic}", f"subscriptionGroupTable/{world.group}"])
    if suite.is_5:  # That of 4.9 asks for settings that 5.x has no more.
        export("exportConfigs", ["exportConfigs"], "configs.json",
               ["clusterScale/namesrvSize", f"brokerConfigs/{world.broker}/fileReservedTime"])
    export("exportMetrics", ["exportMetrics"], "metrics.json",
           [f"evaluateReport/{world.broker}/runtimeQuota/tps/normalInTps", "totalData/totalTps/totalNormalInTps"])


def missing_members(file, members):
    """What is wrong with a file of JSON; nothing if all is well."""
    try:
        content = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        return f"{file.name}: {error}"
    for path in members:
        value = content
        for name in path.split("/"):
            if not isinstance(value, dict) or name not in value:
                return f"{file.name} has no {path}"
            value = value[name]
    return None


def ends(suite, world):
    expect, topic, group = suite.expect, world.topic, world.group
    expect("deleteSubGroup", ["deleteSubGroup", "-b", world.address, "-g", group], None,
           [rf"delete subscription group \[{group}\] from broker \[{world.address_}\] success\."])
    expect("deleteTopic", ["deleteTopic", "-c", world.cluster, "-t", topic],
           f"delete topic [{topic}] from cluster [{world.cluster}] success.",
           [rf"delete topic \[{topic}\] from NameServer success\."])
    expect("topicRoute of a deleted topic", ["topicRoute", "-t", topic], None,
           [*STACK, r"\S+SubCommandException: TopicRouteSubCommand command failed", URL,
            rf"Caused by: \S+MQClientException: CODE: 17  DESC: No topic route info in name server for the topic: {topic}"])
    expect("startMonitoring", ["startMonitoring"])  # It prints nothing, and works on until the JVM ends.


def main():
    mqadmin = Mqadmin(sys.argv[2])
    suite = Suite(mqadmin, sys.argv[1], sys.argv[3:])
    try:
        run(suite)
        mqadmin.close()
    except EOFError as end:
        print(f"FAIL mqadmin: {end}")
        sys.exit(1)
    sys.exit(1 if suite.failed else 0)


if __name__ == "__main__":
    main()
