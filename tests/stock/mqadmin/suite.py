#!/usr/bin/env python3
"""Stock mqadmin commands against the cluster of a NameServer: what they print, line by line.

Started by tests/stock/run, which gives the command line of the JVM in $MQADMIN.  A command passes if it prints its
header exactly, if every other line has one of the expected shapes, and if each shape occurs.  One that needs a feature
that a server may lack is skipped, with the answer as the reason, if it ends with that server's refusal.  Commands build
on those before them, so all run; those named on the command line are reported.  At last, "help" passes if all commands
that the tool lists were run, and our own mqadmin takes the options of those that it has.
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
OUR_COMMANDS = pathlib.Path(__file__).resolve().parents[3] / "docs" / "reference" / "mqadmin.md"
OPTION = re.compile(r"^ *-(\w+),--(\w+)(?= <|  |$)", re.MULTILINE)  # Of "help COMMAND"; long names with a blank are none.
OTHER_IN_5 = {"resetOffsetByTime": {("c", "cplus")}}  # Options of 4.9 whose letter has another meaning later.

INT = r"-?\d+"
NUM = r"-?\d+(\.\d+)?"
DATE = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[,:.]\d{3}"
ID = r"[0-9A-F]{32,56}"
URL = r"(For more information, please visit|See) .*"
# How a command ends that a server does not serve: with the code and the remark of its answer.
REFUSAL = r"CODE: \d+ +DESC: [^:\n]*?(?= BROKER:|[:\n]|$)"
MONITOR = "__MONITOR_CONSUMER"
CONNECTIONS = "#ClientId                            #ClientAddr            #Language  #Version"
STATUSES = "#Index     #ClientId                                #Version             #ConsumerRunningInfoFile"
STACK = [r"\tat .*", r"\t\.\.\. \d+ more"]
CONSUME_STATS = ("#Topic                                                            "
                 "#Group                                                            #Broker Name                      #QID  "
                 "#Broker Offset        #Consumer Offset      #Diff                 #LastTime")
RATES = rf"{NUM}( {NUM})*"
SIZE = rf"{NUM} ([KMGTPE]i)?B"
# What every broker tells of itself, and what those of 5.x tell besides; 5.5.0 does not tell brokerVersion any more.
STATUS = {
    "bootTimestamp": r"\d{13}", "runtime": r"\[ \d+ days, \d+ hours, \d+ minutes, \d+ seconds \]",
    **dict.fromkeys(["putMessageTimesTotal", "putMessageSizeTotal", "msgPutTotalTodayNow"], r"[1-9]\d*"),
    **dict.fromkeys(["putMessageFailedTimes", "putMessageEntireTimeMax", "getMessageEntireTimeMax", "dispatchMaxBuffer",
                     "commitLogMinOffset", "commitLogMaxOffset", "dispatchBehindBytes", "pageCacheLockTimeMills",
                     "startAcceptSendRequestTimeStamp", "remainTransientStoreBufferNumbs", "msgPutTotalYesterdayMorning",
                     "msgPutTotalTodayMorning", "msgGetTotalYesterdayMorning", "msgGetTotalTodayMorning", "msgGetTotalTodayNow",
                     "EndTransactionQueueSize", "EndTransactionThreadPoolQueueCapacity",
                     *(f"{pool}ThreadPoolQueue{what}" for pool in ("send", "pull", "query")
                       for what in ("Size", "Capacity", "HeadWaitTimeMills"))], r"\d+"),
    "earliestMessageTimeStamp": INT, "putMessageAverageSize": NUM,
    "putMessageDistributeTime": r"null|(\[\S+\]:\d+ ?){13}", "putLatency99": r"\d+\.\d\d", "putLatency999": r"\d+\.\d\d",
    **dict.fromkeys(["putTps", "getFoundTps", "getMissTps", "getTotalTps"], RATES),
    "commitLogDiskRatio": r"0\.\d+", r"commitLogDiskRatio_/\S*": r"0\.\d+", "consumeQueueDiskRatio": r"0\.\d+",
    "remainHowManyDataToFlush": SIZE, "commitLogDirCapacity": rf"Total : {SIZE}, Free : {SIZE}\.",
    "brokerVersionDesc": r"V\d+_\d+_\d+", "getTransferr?edTps": RATES}
STATUS_OF_5 = {
    "brokerActive": "true|false", "timerEnqueueTps": NUM, "timerDequeueTps": NUM,
    **dict.fromkeys(["timerReadBehind", "timerOffsetBehind", "timerCongestNum",
                     *(f"{pool}ThreadPoolQueue{what}" for pool in ("litePull", "ack")
                       for what in ("Size", "Capacity", "HeadWaitTimeMills"))], r"\d+")}


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


def status_fault(output):
    """What is wrong with a broker's status; nothing if all is well."""
    told = re.findall(r"^(\S+) *: (.*?) *$", output, re.MULTILINE)
    wanted = {**STATUS, **(STATUS_OF_5 if re.search(r"^brokerVersionDesc *: V5", output, re.MULTILINE) else {})}
    for key, shape in wanted.items():
        if not any(re.fullmatch(key, name) and re.fullmatch(shape, value) for name, value in told):
            return f"{key} is not {shape!r} but {[value for name, value in told if re.fullmatch(key, name)]}"
    return None


def consumed(output, topic, group):
    """By queue: its end, and how far the group is."""
    rows = re.findall(rf"^{topic} +{group} +\S+ +(\d+) +(\d+) +(-?\d+) ", output, re.MULTILINE)
    return {int(queue): (int(end), int(offset)) for queue, end, offset in rows}


def our_options():
    """Of each command that our own mqadmin serves, as docs/reference has them: (short, long)."""
    parts = re.split(r"^## (\w+)\n\n", OUR_COMMANDS.read_text(), flags=re.MULTILINE)[1:]
    return {command: set(re.findall(r"^\| `-(\w+)` \| `--(\w+)` ", text, re.MULTILINE))
            for command, text in zip(parts[::2], parts[1::2]) if not text.startswith("Not served:")}


class Suite:
    def __init__(self, mqadmin, version, names):
        self.mqadmin = mqadmin
        self.is_5 = version.startswith("5")
        self.names = names
        self.run_so_far = set()
        self.failed = False

    def by_version(self, five, four):
        return five if self.is_5 else four

    def ask(self, command):
        at = 3 if command[0] == "watch" else 1
        self.run_so_far.add(command[at - 1])
        return self.mqadmin.run(*command[:at], "-n", self.mqadmin.namesrv, *command[at:])

    def expect(self, name, command, header=None, shapes=(), again=False, check=lambda output: None, feature=None, refusal=REFUSAL):
        """Runs the command, until it prints what is expected if it may be run again; gives what it printed.

        If it needs a feature, it may be refused instead."""
        start = time.monotonic()
        while True:
            output = self.ask(command() if callable(command) else command)
            problem = fault(output, header, shapes) or check(output)
            if problem is None or not again or time.monotonic() - start > DEADLINE_S:
                break
            time.sleep(0.2)
        refused = problem and feature and re.search(refusal, output, re.MULTILINE)
        if refused and "NullPointerException" not in output:
            self.report("SKIP", name, f": {feature} ({' '.join(refused[0].split())})")
        elif problem:
            self.failed = True
            self.report("FAIL", name, f": {problem} in {output[:2000]!r}")
        else:
            self.report("PASS", name, f" ({(time.monotonic() - start) * 1000:.0f} ms)")
        return output

    def expect_all_to_have_run(self):
        """All commands that the tool lists, and none that it does not have; and our own take the options that it takes."""
        listed = set(re.findall(r"^ {3}(\w+) ", self.mqadmin.run(), re.MULTILINE))
        lacking = {command: options for command, ours in our_options().items() if command in listed
                   if (options := sorted(set(OPTION.findall(self.mqadmin.run("help", command))) - ours - OTHER_IN_5.get(command, set())))}
        if listed == self.run_so_far and not lacking:
            self.report("PASS", "help", "")
        else:
            self.failed = True
            self.report("FAIL", "help", f": not run: {sorted(listed - self.run_so_far)}, "
                                        f"not listed: {sorted(self.run_so_far - listed)}, options that ours lacks: {lacking}")

    def report(self, word, name, rest):
        if not self.names or name in self.names:
            print(f"{word} {name}{rest}", flush=True)


class World:
    """Names that the commands share, and the escaped ones of shapes."""

    routes = ("#ClusterName                                  #BrokerName                      "
              "#BrokerAddrs                                       #ReadQueue #WriteQueue #Perm")

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
        self.row = rf"{re.escape(self.cluster)} +{self.broker_} +\{{0={self.address_}.*\}}"
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
    for part in (topics, monitoring, sends, queries, groups, settings, routes, exports, static_topics, elections, cold_data,
                 other_stores, lite_topics, access, plain_access, monitored, ends):
        part(suite, world)
    suite.expect_all_to_have_run()


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
    expect("updateTopic -c", ["updateTopic", "-c", world.cluster, "-t", f"{topic}-c", "-r", "3", "-w", "3"],
           f"create topic to {address} success.",
           [r"TopicConfig \[topicName=%s-c, readQueueNums=3, writeQueueNums=3, perm=RW-, .*\]" % topic])
    expect("updateTopicPerm -c", ["updateTopicPerm", "-c", world.cluster, "-t", f"{topic}-c", "-p", "4"],
           f"update topic perm from 6 to 4 in {address} success.", again=True)  # Its route may be to come.
    expect("topicRoute -l of a cluster's topic", ["topicRoute", "-t", f"{topic}-c", "-l"], world.routes,
           [rf"{world.row} +3 +3 +4", "-+", r"Total: +1 +3 +3"], again=True)
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
           world.routes, [rf"{world.row} +4 +4 +6", "-+", r"Total: +1 +4 +4"])
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


def monitoring(suite, world):
    """It prints nothing, and works on until the JVM ends: it consumes, and begins a round of questions 20 s later."""
    suite.expect("startMonitoring", ["startMonitoring"])
    suite.expect("consumerConnection of the monitor", ["consumerConnection", "-g", MONITOR], CONNECTIONS,
                 [rf"\S+@MonitorService_{INT} +\S+:\d+ +JAVA +{suite.by_version('V5_5_0', 'V4_9_7')}", "Below is subscription:",
                  r"#Topic +#SubExpression", r"OFFSET_MOVED_EVENT +\*", rf"%RETRY%{MONITOR} +\*",
                  "ConsumeType: CONSUME_PASSIVELY", "MessageModel: CLUSTERING",
                  "ConsumeFromWhere: CONSUME_FROM_LAST_OFFSET"], again=True)


def monitored(suite, world):
    suite.expect("consumerStatus of the monitor, after its round", ["consumerStatus", "-g", MONITOR], STATUSES,
                 [rf"\d+ +\S+@MonitorService_{INT} +\S+ +\d+/\S+", r"Same subscription in the same group of consumer.*",
                  r"Rebalance OK.*"], again=True, check=lambda _: unmonitored(world))


def unmonitored(world):
    """What the round did not find out of the group, or what it found wrong; nothing if all is well."""
    log = "\n".join(file.read_text(errors="replace") for file in pathlib.Path("logs/rocketmqlogs").glob("*.log"))
    reports = re.findall(r"\[MONITOR\] +(.*)", log)
    for shape in (rf"reportUndoneMsgs: UndoneMsgs \[consumerGroup={world.group}, topic={world.topic}, undoneMsgsTotal=\d+, "
                  r"undoneMsgsSingleMQ=\d+, undoneMsgsDelayTimeMills=\d+\]", "=+endRound"):
        if not any(re.fullmatch(shape, report) for report in reports):
            return f"no report of the shape {shape!r} in {reports}"
    return next((report for report in reports if report.startswith("[NOTIFY]")), None)


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
    # The stock broker has no rates in its first seconds.
    expect("brokerStatus", ["brokerStatus", "-b", world.address], None, [r"\S+ *: .*"], again=True, check=status_fault)
    expect("brokerStatus -c", ["brokerStatus", "-c", world.cluster], None,
           [r"\S+ +\S+ *: .*", rf"{world.address_} +putTps +: {RATES}", rf"{world.address_} +brokerVersionDesc +: V\S+"])


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
    expect("queryCq", ["queryCq", "-t", topic, "-q", "2", "-i", "0", "-c", "1", "-b", world.address, "-g", "nobody"], "Queue data:",
           ["Filter data: ?", rf"nobody@{topic} is not online!", rf"max: {INT}, min: 0", "=+", "idx: 0",
            rf"ConsumeQueueData\{{physicOffset={INT}, physicSize={INT}, tagsCode={INT}, extendDataJson='\w*', "
            r"bitMap='\w*', eval=false, msg='\w*'\}"])


def static_topics(suite, world):
    """Queues that can move between brokers."""
    if not suite.is_5:
        return
    topic, feature = f"{world.topic}-static", "there are no static topics"
    written = rf"The (old|new) mapping data is written to file \S+/{topic}-\d+\.(before|after)"
    suite.expect("updateStaticTopic", ["updateStaticTopic", "-b", world.broker, "-t", topic, "-qn", "2"], None, [written],
                 feature=feature)
    suite.expect("remappingStaticTopic", ["remappingStaticTopic", "-b", world.broker, "-t", topic], None, [written],
                 feature=feature, refusal="No topic route to do the remapping")


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
               [rf"topic\[{topic}\] group\[{group}-3\] consume mode\[POP\] popShareQueueNum\[0\]"],
               feature="POP is not served yet")
    else:
        expect("getConsumerConfig", ["getConsumerConfig", "-g", group],
               f"{'=' * 29}{world.cluster}:{world.broker}{'=' * 29}",
               [r"\S+ +=(  .*)?", rf"groupName +=  {group}", "retryMaxTimes +=  16"], again=True)
    suite.mqadmin.run("clients", suite.mqadmin.namesrv, topic, group, world.producers)
    connections = expect(
        "consumerConnection", ["consumerConnection", "-g", group], CONNECTIONS,
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
           STATUSES,
           [rf"\d+ +\S+@consumer +{version} +\d+/\S+", r"Same subscription in the same group of consumer.*",
            r"Rebalance OK.*"], again=True)
    expect("consumerStatus -s", ["consumerStatus", "-g", group, "-i", client, "-s"], "#Consumer Properties#",
           [".*", "#Consumer Subscription#", "#Consumer jstack#", r".*java\.lang\.Thread\S*.*"])
    expect("queryMsgById to a consumer", ["queryMsgById", *suite.by_version(["-t", topic], []), "-i", world.offset_id,
                                          "-g", group, "-d", client], None,
           [r"ConsumeMessageDirectlyResult \[order=false, autoCommit=true, consumeResult=CR_SUCCESS, .*\]"])
    expect("brokerConsumeStats", ["brokerConsumeStats", "-b", address], CONSUME_STATS,
           [rf"\S+ +\S+ +\S+ +{INT} +{INT} +{INT} +{INT}( .*)?", rf"{topic} +{group} .*", rf"Diff Total: {INT}"], again=True)
    expect("statsAll", ["statsAll", "-t", topic],
           "#Topic                                                            "
           "#Consumer Group                                                  #Accumulation      #InTPS     #OutTPS   "
           "#InMsg24Hour  #OutMsg24Hour",
           [rf"{topic} +{group} +{INT} +{NUM} +{NUM} +(NO_DATA|{INT}) +(NO_DATA|{INT})"], again=True)
    copies(suite, world, config)
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


def copies(suite, world, config):
    """Of a group that nobody is in, so that its offsets are where the commands say."""
    expect, topic, address, copy = suite.expect, world.topic, world.address, f"{world.group}-2"

    def stats(name, check):
        expect(f"brokerConsumeStats {name}", ["brokerConsumeStats", "-b", address], CONSUME_STATS,
               [rf"\S+ +\S+ +\S+ +{INT} +{INT} +{INT} +{INT}( .*)?", rf"Diff Total: {INT}"], again=True, check=check)

    def is_where(name, holds):
        """By the offsets of the copy and of the group that it is made of; what is at 0 is not printed."""
        stats(name, lambda output: None if holds(consumed(output, topic, copy), consumed(output, topic, world.group))
              else "wrong offsets")
    is_where("of a group that has read all", lambda _, group: group and all(end == at for end, at in group.values()))
    expect("updateSubGroup -c", ["updateSubGroup", "-c", world.cluster, "-g", copy],
           f"create subscription group to {address} success.", [config % copy])
    expect("cloneGroupOffset", ["cloneGroupOffset", "-s", world.group, "-d", copy, "-t", topic], None,
           [rf"clone group offset success. srcGroup\[{world.group}\], destGroup=\[{copy}\], topic\[{topic}\]"])
    is_where("after cloneGroupOffset", lambda copied, group: copied and copied == group)
    offsets = "#brokerName +#queueId +#(offset|brokerOffset)"
    expect("resetOffsetByTime of a group without members", ["resetOffsetByTime", "-t", topic, "-g", copy, "-s", "0"], None,
           [r"(start reset|rollback) consumer offset by specified,? .*", rf"{offsets}.*", rf"{world.broker_} +[0-3] +.*"])
    is_where("after resetOffsetByTime", lambda copied, group: group and not copied)
    expect("skipAccumulatedMessage of a group without members", ["skipAccumulatedMessage", "-t", topic, "-g", copy], None,
           [rf"{offsets}.*", rf"{world.broker_} +[0-3] +.*", ".*"])
    is_where("after skipAccumulatedMessage", lambda copied, group: copied and copied == group)
    expect("deleteSubGroup -c", ["deleteSubGroup", "-c", world.cluster, "-g", copy], None,
           [rf"delete subscription group \[{copy}\] from broker \[{world.address_}\] in cluster \[.*\] success\.",
            *suite.by_version([], [rf"delete topic \[%\w+%{copy}\] from (NameServer|cluster \[.*\]) success\."])])


def settings(suite, world):
    expect, address = suite.expect, world.address
    shapes = [rf"=+{world.address_}=+", r"\S+ +=(  .*)?"]
    expect("getBrokerConfig", ["getBrokerConfig", "-b", address], None,
           [*shapes, rf"brokerName +=  {world.broker_}", r"listenPort +=  \d+", r"fileReservedTime +=  \d+"])
    expect("updateBrokerConfig", ["updateBrokerConfig", "-b", address, "-k", "fileReservedTime", "-v", "49"],
           f"update broker config success, {address}")
    expect("getBrokerConfig after the change", ["getBrokerConfig", "-b", address], None,
           [*shapes, r"fileReservedTime +=  49"])
    expect("updateBrokerConfig -c", ["updateBrokerConfig", "-c", world.cluster, "-k", "fileReservedTime", "-v", "72"],
           f"update broker config success, {address}")
    expect("getBrokerConfig -c", ["getBrokerConfig", "-c", world.cluster], None,
           [r"=+.*=+", r"\S+ +=(  .*)?", r"fileReservedTime +=  72", rf"brokerName +=  {world.broker_}"])
    expect("getNamesrvConfig", ["getNamesrvConfig"], None,
           [rf"=+{world.namesrv_}=+", r"\S+ +=(  .*)?", r"listenPort +=  \d+", r"kvConfigPath +=  \S+"])
    expect("updateNamesrvConfig", ["updateNamesrvConfig", "-k", "orderMessageEnable", "-v", "true"],
           "orderMessageEnable : true", [rf"update name server config success!\[{world.namesrv_}\]"])
    expect("updateKvConfig", ["updateKvConfig", "-s", world.stamp, "-k", "key", "-v", "value"],
           "create or update kv config to namespace success.")
    expect("deleteKvConfig", ["deleteKvConfig", "-s", world.stamp, "-k", "key"], "delete kv config from namespace success.")
    # One namespace has a command that reads it.
    of_orders = ["-s", "ORDER_TOPIC_CONFIG", "-k", world.stamp]
    expect("updateKvConfig of an order", ["updateKvConfig", *of_orders, "-v", f"{world.broker}:4"],
           "create or update kv config to namespace success.")
    expect("updateOrderConf get of the value", ["updateOrderConf", "-t", world.stamp, "-m", "get"],
           f"get orderConf success. topic=[{world.stamp}], orderConf=[{world.broker}:4]")
    expect("deleteKvConfig of an order", ["deleteKvConfig", *of_orders], "delete kv config from namespace success.")
    expect("updateOrderConf get after deleteKvConfig", ["updateOrderConf", "-t", world.stamp, "-m", "get"], None,
           [*STACK, r"\S+SubCommandException: UpdateOrderConfCommand command failed", URL,
            r"Caused by: \S+MQClientException: CODE: 22  DESC: No config item, Namespace: ORDER_TOPIC_CONFIG Key: .*"])


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
        expect(f"topicRoute -l after {verb}WritePerm", ["topicRoute", "-t", topic, "-l"], world.routes,
               [rf"{world.row} +4 +4 +{4 if verb == 'wipe' else 6}", "-+", r"Total: +1 +4 +4"])
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
                     check=lambda _: missing_members(directory / file, members))
    export("exportMetadata -t", ["exportMetadata", "-t"], "topic.json", [f"topicConfigTable/{world.topic}/writeQueueNums"])
    export("exportMetadata -g", ["exportMetadata", "-g"], "subscriptionGroup.json",
           [f"subscriptionGroupTable/{world.group}/retryMaxTimes"])
    export("exportMetadata", ["exportMetadata"], "metadata.json",
           [f"topicConfigTable/{world.topic}", f"subscriptionGroupTable/{world.group}"])
    export("exportConfigs", ["exportConfigs"], "configs.json",
           ["clusterScale/namesrvSize", f"brokerConfigs/{world.broker}/fileReservedTime"])
    export("exportMetrics", ["exportMetrics"], "metrics.json",
           [f"evaluateReport/{world.broker}/runtimeQuota/tps/normalInTps", "totalData/totalTps/totalNormalInTps"])


def elections(suite, world):
    """What a controller and a broker container are asked; a broker that is asked instead says that it is none."""
    if not suite.is_5:
        return
    expect, address, broker, cluster = suite.expect, world.address, world.broker, world.cluster
    alone = "there is no container: a process is one broker"
    expect("addBroker", ["addBroker", "-c", address, "-b", "broker.conf"], feature=alone)
    expect("removeBroker", ["removeBroker", "-c", address, "-b", f"{cluster}:{broker}:1"], feature=alone)
    none = "there is no controller: members elect their leader themselves"
    expect("getControllerMetaData", ["getControllerMetaData", "-a", address], feature=none)
    expect("getControllerConfig", ["getControllerConfig", "-a", address], feature=none)
    expect("updateControllerConfig", ["updateControllerConfig", "-a", address, "-k", "key", "-v", "value"], feature=none)
    expect("getSyncStateSet", ["getSyncStateSet", "-a", address, "-b", broker], feature=none)
    expect("electMaster", ["electMaster", "-a", address, "-b", "0", "-bn", broker, "-c", cluster], feature=none)
    expect("cleanBrokerMetadata", ["cleanBrokerMetadata", "-a", address, "-bn", broker, "-c", cluster, "-b", "1"],
           feature=none)
    expect("getBrokerEpoch", ["getBrokerEpoch", "-b", broker], feature=none)
    expect("resetMasterFlushOffset", ["resetMasterFlushOffset", "-b", address, "-o", "0"],
           "reset master flush offset to 0 success", feature="what a slave knows of its master comes from the master alone")


def cold_data(suite, world):
    if not suite.is_5:
        return
    expect, group, to_broker = suite.expect, world.group, ["-b", world.address]
    feature = "cold data flow control is not served"
    title = f" {'=' * 12}{world.address}{'=' * 12}"
    expect("updateColdDataFlowCtrGroupConfig", ["updateColdDataFlowCtrGroupConfig", *to_broker, "-g", group, "-v", "1000"],
           f"updateColdDataFlowCtrGroupConfig success, {world.address}", feature=feature)
    expect("getColdDataFlowCtrInfo", ["getColdDataFlowCtrInfo", *to_broker], title,
           [r"\t?[{}],?", r'\t"runtimeTable":\{\},', r'\t"configTable":\{', rf'\t\t"{group}":1000',
            rf'\t"(cgColdReadThreshold|globalColdReadThreshold|globalAcc)":{INT},?'], feature=feature)
    expect("removeColdDataFlowCtrGroupConfig", ["removeColdDataFlowCtrGroupConfig", *to_broker, "-g", group],
           f"remove broker cold read threshold success, {world.address}", feature=feature)
    expect("setCommitLogReadAheadMode", ["setCommitLogReadAheadMode", *to_broker, "-m", "0"], title,
           ["commitLog set readAhead mode rstStrset commitlog readahead mode success, mode: 0"],
           feature="how far the kernel reads ahead is not for clients to say")


def other_stores(suite, world):
    """What is of RocksDB, compacted, popped or timed; some commands read files of their own machine and ask nobody."""
    if not suite.is_5:
        return
    expect, nowhere = suite.expect, str(pathlib.Path("nowhere").resolve())
    no_rocksdb = "there is no RocksDB: a store has files only"
    expect("exportMetadataInRocksDB", ["exportMetadataInRocksDB", "-p", nowhere, "-t", "topics"],
           feature=no_rocksdb, refusal=r"RocksDB path is invalid\.")
    expect("rocksDBConfigToJson", ["rocksDBConfigToJson", "-c", world.cluster], "broker export done.",
           [r"Use \[rpc mode\] call all brokers in cluster to export to json file"], feature=no_rocksdb)
    expect("checkRocksdbCqWriteProgress", ["checkRocksdbCqWriteProgress", "-c", world.cluster, "-t", world.topic],
           f"{world.broker} check doing, please wait and get the result from log...", feature=no_rocksdb)
    expect("dumpCompactionLog", ["dumpCompactionLog", "-f", nowhere], feature="compacted topics are not served",
           refusal=r"nowhere not exist\.")
    expect("exportPopRecord", ["exportPopRecord", "-b", world.address],
           f"Export broker records, brokerName={world.broker}, brokerAddr={world.address}, dryRun=false",
           feature="POP is not served yet")
    expect("switchTimerEngine", ["switchTimerEngine", "-b", world.address, "-e", "F"],
           f"switchTimerEngine to FILE_TIME_WHEEL success, {world.address}", feature="timer messages are not served yet")


def lite_topics(suite, world):
    if not suite.is_5:
        return
    topic, group, broker_ = f"{world.topic}-lite", f"{world.group}-lite", world.broker_

    def expect(name, command, header=None, shapes=()):
        suite.expect(name, command, header, shapes, feature="lite topics are not served")
    expect("updateTopic of lite topics", ["updateTopic", "-b", world.address, "-t", topic, "-a", "+message.type=LITE"],
           f"create topic to {world.address} success.", [rf"TopicConfig \[topicName={topic}, .*\{{\+message.type=LITE\}}\]"])
    suite.ask(["updateSubGroup", "-b", world.address, "-g", group, "--attributes", f"+lite.bind.topic={topic}"])
    of_topic, of_group = ["-p", topic], ["-p", topic, "-g", group]
    expect("getBrokerLiteInfo", ["getBrokerLiteInfo", "-b", world.address],
           "#Broker                        #Store Type       #Max LMQ   #Current LMQ   #SubscriptionCount   "
           "#OrderInfoCount   #CQTableSize    #OffsetTableSize   #eventMapSize", [rf"{world.address_} +default( +\d+){{7}}"])
    expect("getParentTopicInfo", ["getParentTopicInfo", *of_topic], f"Parent Topic Info: [{topic}]",
           ["#Broker Name +#TTL +#Lite Count +#LMQ NUM +#GROUPS", rf"{broker_} +-1 +0 +0 +\[{group}\]"])
    expect("getLiteTopicInfo", ["getLiteTopicInfo", *of_topic, "-l", "one"],
           f"Lite Topic Info: [{topic}] [one] [%LMQ%${topic}$one]",
           ["#Broker Name +#MinOffset +#MaxOffset +#LastUpdate +#Sharding +#SubClientCount",
            rf"{broker_} +0 +0 +- +true +0"])
    expect("getLiteClientInfo", ["getLiteClientInfo", *of_group, "-c", "one"],
           f"Lite Client Info: [{topic}] [{group}] [one]",
           ["#Broker +#LiteTopicCount +#LastAccessTime +#LastConsumeTime", rf"{broker_} +N/A +N/A +N/A"])
    expect("getLiteGroupInfo", ["getLiteGroupInfo", *of_group], f"Lite Group Info: [{group}] [{topic}]",
           ["Total Lag Count: 0", r"Min Unconsumed Timestamp: \d+ \(\d+ s ago\)", "-+TopK by lag (count|time)-+",
            "NO +Lite Topic +Lag Count +UnconsumedTimestamp"])
    expect("triggerLiteDispatch", ["triggerLiteDispatch", *of_group], f"Group And Topic Info: [{group}] [{topic}]",
           [rf"{broker_} +dispatched"])


def access(suite, world):
    """Users and access control lists of 5.x; the copies go to where they come from."""
    if not suite.is_5:
        return
    user, address, to_broker = f"user-{world.stamp}", world.address, ["-b", world.address]
    itself, subject = ["-f", world.address, "-t", world.address], ["-s", f"User:user-{world.stamp}"]
    rule = [*subject, "-r", f"Topic:{world.topic}", "-a", "Pub", "-d", "ALLOW"]

    def expect(name, words, header, shapes=()):
        suite.expect(name, [name, *words], header, shapes, feature="users and access control are not served yet")
    users = "#UserName         #Password               #UserType               #UserStatus"
    rules = "#Subject          #PolicyType  #Resource               #Actions              #SourceIp                 #Decision"
    row = rf"User:{user} *Custom +Topic:{world.topic} *\[Pub\] +null +Allow"
    expect("createUser", [*to_broker, "-u", user, "-p", "first", "-t", "Normal"], f"create user to {address} success.")
    expect("updateUser", [*to_broker, "-u", user, "-p", "second"], f"update user to {address} success.")
    expect("getUser", [*to_broker, "-u", user], users, [rf"{user} *second +Normal +enable"])
    expect("listUser", to_broker, users, [rf"{user} *second +Normal +enable"])
    expect("copyUser", [*itself, "-u", user], f"copy user of {user} from {address} to {address} success.")
    expect("createAcl", [*to_broker, *rule], f"create acl to {address} success.")
    expect("updateAcl", [*to_broker, *rule], f"update acl to {address} success.")
    expect("getAcl", [*to_broker, *subject], rules, [row])
    expect("listAcl", to_broker, rules, [row])
    expect("copyAcl", [*itself, *subject], f"copy acl of User:{user} from {address} to {address} success.")
    expect("deleteAcl", [*to_broker, *subject], f"delete acl to {address} success.")
    expect("deleteUser", [*to_broker, "-u", user], f"delete user to {address} success.")


def plain_access(suite, world):
    """The access control of 4.x, whose files 5.x has no more."""
    if suite.is_5:
        return
    address, to_broker = world.address, ["-b", world.address]

    def expect(name, words, header, shapes=()):
        suite.expect(name, [name, *words], header, shapes, feature="access control is not served yet")
    expect("updateAclConfig", [*to_broker, "-a", "the-user", "-s", "the-secret"],
           f"create or update plain access config to {address} success.", [r"\S+PlainAccessConfig@\w+"])
    expect("getAclConfig", to_broker, "globalWhiteRemoteAddresses: [127.0.0.1]",
           ["accounts:", r"  \w+ *:.*", "  accessKey +: the-user"])
    expect("clusterAclConfigVersion", to_broker, "get broker's plain access config version success.",
           [rf"\S+ +{world.broker_} +{world.address_} +\S+plain_acl.yml +\d+ +{DATE}"])
    expect("deleteAclConfig", [*to_broker, "-a", "the-user"], f"delete plain access config account from {address} success.",
           ["account's accesskey is:the-user"])
    expect("updateGlobalWhiteAddr", [*to_broker, "-g", "127.0.0.1,10.0.0.1"],
           f"update global white remote addresses to {address} success.")


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
