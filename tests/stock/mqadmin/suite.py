#!/usr/bin/env python3
"""Stock mqadmin commands against the cluster of a NameServer: what they print, line by line.

Started by tests/stock/run, which gives the command line of the JVM in $MQADMIN.  A command passes if it prints its
header exactly, if every other line has one of the expected shapes, and if each shape occurs.  Commands build on those
before them, so all run; those named on the command line are reported.
"""

import os
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
    def __init__(self, mqadmin, names):
        self.mqadmin = mqadmin
        self.names = names
        self.failed = False

    def expect(self, name, command, header=None, shapes=(), again=False):
        """Runs the command, until it prints what is expected if it may be run again; gives what it printed."""
        start = time.monotonic()
        arguments = [command[0], "-n", self.mqadmin.namesrv, *command[1:]]
        while True:
            output = self.mqadmin.run(*arguments)
            problem = fault(output, header, shapes)
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


def run(suite):
    namesrv = re.escape(suite.mqadmin.namesrv)
    stamp = format(int(time.time() * 1000), "x")
    topic, group, producers = f"mqadmin-{stamp}", f"mqadmin-group-{stamp}", f"mqadmin-producers-{stamp}"
    expect = suite.expect

    listing = expect(
        "clusterList", ["clusterList"],
        "#Cluster Name           #Broker Name            #BID  #Addr                  #Version              "
        "#InTPS(LOAD)                   #OutTPS(LOAD)  #Timer(Progress)        #PCWait(ms)  #Hour         #SPACE    "
        "#ACTIVATED",
        [rf"\S+ +\S+ +{INT} +\S+:\d+ +V\d_\d+_\d+\S* +{NUM}\({INT},{INT}ms\) +{NUM}\({INT},{INT}ms\|{INT},{INT}ms\) +"
         rf"{INT}-{INT}\({NUM}w, {NUM}, {NUM}\) +{INT} +{NUM} +{NUM} +(true|false)"], again=True)
    row = next((line.split() for line in listing.splitlines() if re.search(r" 0 +\S+:\d+ ", line)), None)
    if row is None:
        return
    cluster, broker, _, address = row[:4]
    broker_, address_ = re.escape(broker), re.escape(address)
    config = (rf"TopicConfig \[topicName={topic}, readQueueNums=4, writeQueueNums=4, perm=%s, "
              r"topicFilterType=SINGLE_TAG, topicSysFlag=0, order=false, attributes=\{\}\]")

    expect("clusterList -m", ["clusterList", "-m"],
           "#Cluster Name     #Broker Name                       #InTotalYest  #OutTotalYest  #InTotalToday #OutTotalToday",
           [rf"\S+ +\S+ +{INT} +{INT} +{INT} +{INT}"])
    expect("updateTopic", ["updateTopic", "-b", address, "-t", topic, "-r", "4", "-w", "4"],
           f"create topic to {address} success.", [config % "RW-"])
    expect("topicList", ["topicList"], topic, [r"\S+"], again=True)
    expect("topicList -c", ["topicList", "-c"],
           "#Cluster Name         #Topic                                            #Consumer Group",
           [r"\S+ +\S+( +\S+)?", rf"{re.escape(cluster)} +{topic}"])
    expect("topicClusterList", ["topicClusterList", "-t", topic], cluster)
    expect("topicRoute", ["topicRoute", "-t", topic], None,
           [r'[{}\[\]\s]*[{}\[\]],?', r'\s*"(brokerDatas|queueDatas)":\[', r'\s*"brokerAddrs":\{',
            rf'\s*"?0"?:"{address_}",?', rf'\s*"brokerName":"{broker_}",?', rf'\s*"cluster":"{re.escape(cluster)}",?',
            r'\s*"enableActingMaster":false', r'\s*"filterServerTable":\{\},', r'\s*"perm":6,',
            r'\s*"(read|write)QueueNums":4,?', r'\s*"topicSysFlag":0,?'])
    expect("topicRoute -l", ["topicRoute", "-t", topic, "-l"],
           "#ClusterName                                  #BrokerName                      "
           "#BrokerAddrs                                       #ReadQueue #WriteQueue #Perm",
           [rf"{re.escape(cluster)} +{broker_} +\{{0={address_}.*\}} +4 +4 +6", "-+", r"Total: +1 +4 +4"])
    expect("updateTopicPerm", ["updateTopicPerm", "-b", address, "-t", topic, "-p", "4"],
           f"update topic perm from 6 to 4 in {address} success.", [config % "R--" + r"\."])
    expect("updateTopicPerm back", ["updateTopicPerm", "-b", address, "-t", topic, "-p", "6"],
           f"update topic perm from 4 to 6 in {address} success.", [config % "RW-" + r"\."])

    sent = expect("sendMessage to a queue", ["sendMessage", "-t", topic, "-p", "first body", "-k", "first-key",
                                             "-c", "first-tag", "-b", broker, "-i", "0"],
                  "#Broker Name                      #QID  #Send Result            #MsgId",
                  [rf"{broker_} +0 +SEND_OK +{ID}"])
    expect("sendMessage to another queue",
           ["sendMessage", "-t", topic, "-p", "second body", "-k", "second-key", "-b", broker, "-i", "2"],
           "#Broker Name                      #QID  #Send Result            #MsgId", [rf"{broker_} +2 +SEND_OK +{ID}"])
    expect("sendMessage", ["sendMessage", "-t", topic, "-p", "third body"],
           "#Broker Name                      #QID  #Send Result            #MsgId",
           [rf"{broker_} +{INT} +SEND_OK +{ID}"])
    expect("checkMsgSendRT", ["checkMsgSendRT", "-t", topic, "-a", "5", "-s", "100"],
           "#Broker Name                      #QID  #Send Result            #RT",
           [rf"{broker_} +{INT} +true +{INT}", rf"Avg RT: {NUM}"])
    expect("topicStatus", ["topicStatus", "-t", topic],
           "#Broker Name                      #QID  #Min Offset           #Max Offset             #Last Updated",
           [rf"{broker_} +[0-3] +0 +{INT} +{TIME}", rf"Topic Put TPS: {NUM}"], again=True)
    expect("brokerStatus", ["brokerStatus", "-b", address], None,
           [r"\S+ *: .*", r"brokerVersionDesc +: V\d\S+", r"msgPutTotalTodayNow +: [1-9]\d*", rf"putTps +: {NUM}.*",
            rf"commitLogMaxOffset +: {INT}", rf"bootTimestamp +: {INT}", rf"getTransferredTps +: {NUM}.*"],
           again=True)  # The stock broker has no rates in its first seconds.

    id_ = next(iter(re.findall(ID, sent)), "0" * 32)
    details = [rf"(Topic): +{topic}", r"Tags: +\[first-tag\]", r"Keys: +\[first-key\]", rf"Queue ID: +{INT}",
               rf"(Queue Offset|CommitLog Offset|Reconsume Times|System Flag): +{INT}",
               rf"(Born|Store) Timestamp: +{TIME}", r"(Born|Store) Host: +\S+:\d+",
               rf"Properties: +\{{.*UNIQ_KEY={id_}.*\}}", r"Message Body Path: +\S+", "WARN: No Consumer"]
    expect("queryMsgByKey", ["queryMsgByKey", "-t", topic, "-k", "second-key"],
           None, [r"#Message ID +#QID +#Offset( +#IndexKey)?", rf"{ID} +2 +{INT}( .*)?"], again=True)
    expect("queryMsgByUniqueKey", ["queryMsgByUniqueKey", "-t", topic, "-i", id_], None, details, again=True)
    found = expect("queryMsgById", ["queryMsgById", "-t", topic, "-i", id_], None, [rf"OffsetID: +{ID}", *details])
    offset_id = next(iter(re.findall(rf"OffsetID: +({ID})", found)), "0" * 32)
    expect("queryMsgById by offset id", ["queryMsgById", "-t", topic, "-i", offset_id], None,
           [rf"OffsetID: +{offset_id}", *details])
    expect("queryMsgByOffset", ["queryMsgByOffset", "-t", topic, "-b", broker, "-i", "2", "-o", "0"], None,
           [rf"OffsetID: +{ID}", rf"(Topic): +{topic}", r"Tags: +\[null\]", r"Keys: +\[second-key\]",
            rf"(Queue ID|Queue Offset|CommitLog Offset|Reconsume Times|System Flag): +{INT}",
            rf"(Born|Store) Timestamp: +{TIME}", r"(Born|Store) Host: +\S+:\d+", r"Properties: +\{.*\}",
            r"Message Body Path: +\S+", "WARN: No Consumer"])
    message = rf".*MessageExt \[brokerName={broker_}, queueId=[0-3].*topic='{topic}'.*\].*"
    queue = rf"MessageQueue \[topic={topic}, brokerName={broker_}, queueId=[0-3]\]"
    expect("consumeMessage", ["consumeMessage", "-t", topic], "Consume ok",
           [rf"MSGID: {ID} {message}", rf"{queue} print msg finished. status=(NO_NEW_MSG|OFFSET_ILLEGAL), offset={INT}"])
    expect("printMsg", ["printMsg", "-t", topic], None,
           [rf"minOffset={INT}, maxOffset={INT}, {queue}", "-+", rf"MSGID: {ID} {message} BODY: .*"])
    expect("queryCq", ["queryCq", "-t", topic, "-q", "2", "-i", "0", "-c", "1", "-b", address], "Queue data:",
           [rf"max: {INT}, min: 0", "=+", "idx: 0",
            rf"ConsumeQueueData\{{physicOffset={INT}, physicSize={INT}, tagsCode={INT}, extendDataJson='\w*', "
            r"bitMap='\w*', eval=false, msg='\w*'\}"])

    expect("updateSubGroup", ["updateSubGroup", "-b", address, "-g", group],
           f"create subscription group to {address} success.", [rf"SubscriptionGroupConfig\{{groupName={group}, .*\}}"])
    suite.mqadmin.run("clients", suite.mqadmin.namesrv, topic, group, producers)
    expect("consumerConnection", ["consumerConnection", "-g", group],
           "#ClientId                            #ClientAddr            #Language  #Version",
           [r"\S+@consumer +\S+:\d+ +JAVA +V5_5_0", "Below is subscription:",
            r"#Topic +#SubExpression", rf"(%RETRY%{group}|{topic}) +\*",
            "ConsumeType: CONSUME_PASSIVELY", "MessageModel: CLUSTERING",
            "ConsumeFromWhere: CONSUME_FROM_FIRST_OFFSET"], again=True)
    expect("producerConnection", ["producerConnection", "-g", producers, "-t", topic], None,
           [rf"{INT} +\S+@producer +\S+:\d+ +JAVA +V5_5_0"], again=True)
    expect("producer", ["producer", "-b", address], None,
           [r"producer group \(\S+\) instances? : .*", rf"producer group \({producers}\) instances? : .*@producer.*"])
    expect("consumerProgress -g", ["consumerProgress", "-g", group],
           "#Topic                                                            #Broker Name                      #QID  "
           "#Broker Offset        #Consumer Offset      #Diff                #Inflight           #LastTime",
           [rf"(%RETRY%{group}|{topic}) +{broker_} +{INT} +{INT} +{INT} +{INT} +{INT} +(N/A|{DATE})",
            rf"Consume TPS: {NUM}", "Consume Diff Total: 0", "Consume Inflight Total: 0"], again=True)
    expect("consumerProgress", ["consumerProgress"],
           "#Group                                                            #Count  #Version                 #Type  "
           "#Model          #TPS     #Diff Total",
           [rf"\S+ +{INT} +\S+( +\w+( +\w+)?)? +{INT} +{INT}",
            rf"{group} +1 +V5_5_0 +PUSH +CLUSTERING +{INT} +0"], again=True)
    expect("consumerStatus", ["consumerStatus", "-g", group],
           "#Index     #ClientId                                #Version             #ConsumerRunningInfoFile",
           [rf"\d+ +\S+@consumer +V5_5_0 +\d+/\S+", r"Same subscription in the same group of consumer.*",
            r"Rebalance OK.*"], again=True)
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
           [r"start reset consumer offset by specified, .*", rf"{broker_} +[0-3] +0"])
    expect("updateSubGroup for a copy", ["updateSubGroup", "-b", address, "-g", f"{group}-2"],
           f"create subscription group to {address} success.", [rf"SubscriptionGroupConfig\{{groupName={group}-2, .*\}}"])
    expect("cloneGroupOffset", ["cloneGroupOffset", "-s", group, "-d", f"{group}-2", "-t", topic], None,
           [rf"clone group offset success. srcGroup\[{group}\], destGroup=\[{group}-2\], topic\[{topic}\]"])

    expect("getBrokerConfig", ["getBrokerConfig", "-b", address], None,
           [rf"=+{address_}=+", r"\S+ +=(  .*)?", rf"brokerName +=  {broker_}", r"listenPort +=  \d+", r"fileReservedTime +=  \d+"])
    expect("updateBrokerConfig", ["updateBrokerConfig", "-b", address, "-k", "fileReservedTime", "-v", "49"],
           f"update broker config success, {address}")
    expect("getBrokerConfig after the change", ["getBrokerConfig", "-b", address], None,
           [rf"=+{address_}=+", r"\S+ +=(  .*)?", r"fileReservedTime +=  49"])
    expect("updateBrokerConfig back", ["updateBrokerConfig", "-b", address, "-k", "fileReservedTime", "-v", "72"],
           f"update broker config success, {address}")
    expect("getNamesrvConfig", ["getNamesrvConfig"], None,
           [rf"=+{namesrv}=+", r"\S+ +=(  .*)?", r"listenPort +=  \d+", r"kvConfigPath +=  \S+"])
    expect("updateNamesrvConfig", ["updateNamesrvConfig", "-k", "orderMessageEnable", "-v", "true"],
           "orderMessageEnable : true", [rf"update name server config success!\[{namesrv}\]"])
    expect("updateKvConfig", ["updateKvConfig", "-s", stamp, "-k", "key", "-v", "value"],
           "create or update kv config to namespace success.")
    expect("deleteKvConfig", ["deleteKvConfig", "-s", stamp, "-k", "key"], "delete kv config from namespace success.")
    expect("updateOrderConf put", ["updateOrderConf", "-t", topic, "-m", "put", "-v", f"{broker}:4"],
           f"update orderConf success. topic=[{topic}], orderConf=[{broker}:4]")
    expect("updateOrderConf get", ["updateOrderConf", "-t", topic, "-m", "get"],
           f"get orderConf success. topic=[{topic}], orderConf=[{broker}:4]")
    expect("updateOrderConf delete", ["updateOrderConf", "-t", topic, "-m", "delete"],
           f"delete orderConf success. topic=[{topic}]")
    expect("wipeWritePerm", ["wipeWritePerm", "-b", broker], None,
           [rf"wipe write perm of broker\[{broker_}\] in name server\[{namesrv}\] OK, [1-9]\d*"])
    expect("addWritePerm", ["addWritePerm", "-b", broker], None,
           [rf"add write perm of broker\[{broker_}\] in name server\[{namesrv}\] OK, [1-9]\d*"])
    expect("allocateMQ", ["allocateMQ", "-t", topic, "-i", "10.0.0.1,10.0.0.2"], None,
           [rf'\{{"result":\{{"10.0.0.\d":\[\{{"brokerName":"{broker_}","queueId":\d,"topic":"{topic}"\}},.*'])
    expect("cleanExpiredCQ", ["cleanExpiredCQ", "-b", address], "success")
    expect("cleanUnusedTopic", ["cleanUnusedTopic", "-b", address], "success")
    expect("deleteExpiredCommitLog", ["deleteExpiredCommitLog", "-b", address], "success")
    expect("haStatus", ["haStatus", "-b", address],
           "#SlaveAddr                        #SlaveAckOffset             #Diff #TransferSpeed(KB/s)          #Status "
           "#TransferFromWhere",
           [rf"#MasterAddr\t{address_}", r"#MasterCommitLogMaxOffset\t\d+", r"#SlaveNum\t0", r"#InSyncSlaveNum\t\d"])

    expect("deleteSubGroup", ["deleteSubGroup", "-b", address, "-g", group], None,
           [rf"delete subscription group \[{group}\] from broker \[{address_}\] success\."])
    expect("deleteTopic", ["deleteTopic", "-c", cluster, "-t", topic],
           f"delete topic [{topic}] from cluster [{cluster}] success.", [rf"delete topic \[{topic}\] from NameServer success\."])
    expect("topicRoute of a deleted topic", ["topicRoute", "-t", topic], None,
           [r"\S+SubCommandException: TopicRouteSubCommand command failed", r"\tat .*", r"\t\.\.\. \d+ more", URL,
            rf"Caused by: \S+MQClientException: CODE: 17  DESC: No topic route info in name server for the topic: {topic}"])


def main():
    mqadmin = Mqadmin(sys.argv[1])
    suite = Suite(mqadmin, sys.argv[2:])
    try:
        run(suite)
        mqadmin.close()
    except EOFError as end:
        print(f"FAIL mqadmin: {end}")
        sys.exit(1)
    sys.exit(1 if suite.failed else 0)


if __name__ == "__main__":
    main()
