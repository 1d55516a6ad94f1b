"""Requests that are well formed and may not be: names, sizes, numbers, offsets."""

import json
import re
import struct

from scenario import scenario
from target import TOPIC, read, wait_for, wire

ILLEGAL = {
    "a path": "../../../tmp/hostile", "an absolute path": "/tmp/hostile", "a directory": "a/b", "the one above": "..",
    "this one": ".", "a path of Windows": "..\\..\\hostile", "a zero byte": "a\0b", "a line feed": "a\nb", "blanks": "   ",
    "nothing": "", "a semicolon": "a;b", "a command": "$(touch hostile)", "another command": "`touch hostile`",
    "what separates properties": "a\x01b\x02c", "letters beyond ASCII": "théma", "a percent path": "%2e%2e/%2e%2e",
}
TOO_LONG = {"128 letters": "t" * 128, "10,000 letters": "t" * 10_000}
NONE = {**ILLEGAL, **TOO_LONG}
LEGAL_RETRY_TOPIC = re.compile(r"[%|a-zA-Z0-9_-]{1,255}")  # A topic has 127 letters at most, a group 120.
NOT_THERE, NO_TOPIC, NO_VALUE, NO_GROUP, INVALID = 1, 17, 22, 26, 29
MESSAGE_SIZE_MAX = 4 * 1024 * 1024
PROPERTIES_SIZE_MAX = 32767


def requests_with(name):
    """What carries the name where a name belongs: code, fields, body, and the code of the answer, as of RocketMQ 5.5.0."""
    topic = wire.send_fields(TOPIC, 0, "k") | {"b": name}
    retry_topic = f"%RETRY%{name}"
    offset = {"consumerGroup": "hostile", "topic": TOPIC, "queueId": 0, "commitOffset": 0}
    back = {"offset": 0, "group": "hostile", "delayLevel": 0, "originMsgId": "", "originTopic": TOPIC, "unitMode": "false"}
    subscription = [{"topic": TOPIC, "subString": "*"}]
    beat = {"clientID": "c", "producerDataSet": [], "consumerDataSet": [{"groupName": name, "subscriptionDataSet": subscription}]}
    yield "a message to it", wire.SEND, topic, b"x", INVALID
    yield "a message to its retry topic", wire.SEND, topic | {"b": retry_topic}, b"x", \
        NO_GROUP if LEGAL_RETRY_TOPIC.fullmatch(retry_topic) else INVALID
    yield "a pull of it", wire.PULL, wire.pull_fields("hostile", name, 0, 0), b"", NO_TOPIC
    yield "a pull of its group", wire.PULL, wire.pull_fields(name, TOPIC, 0, 0), b"", NO_GROUP
    yield "a topic", wire.CREATE_TOPIC, wire.topic_fields(name, 4), b"", INVALID
    yield "a group", wire.CREATE_GROUP, {}, json.dumps({"groupName": name}).encode(), INVALID
    yield "an offset of its group", 15, offset | {"consumerGroup": name}, b"", NO_GROUP
    yield "an offset of its topic", 15, offset | {"topic": name}, b"", NO_TOPIC
    yield "a message sent back by it", 36, back | {"group": name}, b"", NO_GROUP
    # Who asks for the newest offset of what is not there is told 0.
    yield "its newest offset", 30, {"topic": name, "queueId": 0}, b"", 0
    yield "its queue", 321, {"topic": name, "queueId": 0, "index": 0, "count": 10}, b"", NOT_THERE
    yield "its offsets reset", 222, \
        {"topic": name, "group": name, "timestamp": -1, "isForce": "true", "queueId": -1}, b"", NO_TOPIC
    # Good for the other groups of the client.
    yield "a heartbeat of it", 34, {}, json.dumps(beat).encode(), 0


@scenario(memory_mb=16)
def illegal_names(target):
    before = target.files()
    for what, name in NONE.items():
        for request, code, fields, body, expected in requests_with(name):
            answer = target.ask("broker", code, fields, body)
            assert answer.code == expected, f"{request}, {what}: {answer} instead of {expected}"
            assert len(answer.remark) <= 8 * 1024 and (answer.code == 0 or answer.remark), f"{request}, {what}: {answer}"
    topics = read(target.ask("broker", 21, {}).body)["topicConfigTable"]
    groups = read(target.ask("broker", 201, {}).body)["subscriptionGroupTable"]
    for name in [*topics, *groups]:
        bare = name.removeprefix("%RETRY%").removeprefix("%DLQ%")
        assert bare not in NONE.values(), f"{name!r} is there now"
    nothing_is_made_of_names(target, before)


def nothing_is_made_of_names(target, before):
    made = {name for name in target.files() - before if "hostile" in name or ".." in name}
    assert not made, made


@scenario(memory_mb=16)
def illegal_names_at_a_name_server(target):
    """As RocketMQ's it takes whatever a broker or a tool says, and gives it back as it was; it makes nothing else of it."""
    before = target.files()
    connection = wire.Connection(f"127.0.0.1:{target.ports['namesrv']}")  # Who registered goes with its connection.

    def ask(code, fields, body=b""):
        return connection.call(code, fields, body, deadline=wire.in_seconds(20))
    for what, name in NONE.items():
        own = {"brokerName": name, "brokerAddr": name, "clusterName": name, "brokerId": 0}
        topics = {topic: {"topicName": topic, "readQueueNums": 4, "writeQueueNums": 4, "perm": 6} for topic in (name, "Beside")}
        table = {"topicConfigSerializeWrapper": {"topicConfigTable": topics, "dataVersion": {"counter": 1, "timestamp": 1}}}
        added = {"queueDatas": [{"brokerName": name, "readQueueNums": 1, "writeQueueNums": 1, "perm": 6}]}
        value = {"namespace": name, "key": name}
        route = wire.ROUTE, {"topic": name, "acceptStandardJsonOnly": "true"}
        lists = (206, {}, "topicList"), (224, {"cluster": name}, "topicList"), (304, {}, "topicList"), (219, value, "table")
        for request, code, fields, body, expected in [
                ("its route before", *route, b"", NO_TOPIC),
                ("a broker", 103, own | {"haServerAddr": name}, json.dumps(table).encode(), 0),
                ("a topic more", 217, {"topic": f"{name}+"}, json.dumps(added).encode(), 0),
                ("its route", *route, b"", 0),
                ("its value before", 101, value, b"", NO_VALUE),
                ("a value", 100, value | {"value": name}, b"", 0),
                ("its value", 101, value, b"", 0)]:
            answer = ask(code, fields, body)
            assert answer.code == expected, f"{request}, {what}: {answer} instead of {expected}"
            if request == "its route":
                assert [queues["brokerName"] for queues in read(answer.body)["queueDatas"]] == [name], what
            assert request != "its value" or answer.fields["value"] == name, what
        for code, fields, member in lists:
            assert name in read(ask(code, fields).body)[member], f"{what}: not in the list {code}"
        for code, count in (205, "wipeTopicCount"), (327, "addTopicCount"):
            assert ask(code, {"brokerName": name}).fields[count] == "3", f"{what}: {code}"
        for code, fields in (102, value), (216, {"topic": name}), (104, own):
            assert ask(code, fields).code == 0, f"{what}: {code}"
        assert ask(*route).code == NO_TOPIC and ask(101, value).code == NO_VALUE, what
        assert name not in read(ask(304, {}).body)["topicList"], what
    connection.close()
    nothing_is_made_of_names(target, before)
    kept = read((target.directory / "namesrv" / "kvConfig.json").read_bytes())["configTable"]
    assert set(kept) >= set(NONE.values()), set(NONE.values()) - set(kept)


@scenario(memory_mb=96)  # Who passes a body on has it more than once.
def bodies_beyond_the_largest(target):
    for size in MESSAGE_SIZE_MAX + 1, 8 * 1024 * 1024, wire.FRAME_MAX - 2048:
        answer = target.send(b"x" * size)
        assert answer.code == 13 and "maxMessageSize" in answer.remark, f"{size}: {answer}"
    entry = struct.pack(">iiiii", 22 + 3 * 2**20, 0, 0, 0, 3 * 2**20) + b"x" * 3 * 2**20 + b"\0\0"
    batch = wire.send_fields(TOPIC, 0, "k") | {"m": "true"}
    answer = target.ask("broker", 320, batch, entry * 2)
    assert answer.code == 13 and "maxMessageSize" in answer.remark, answer
    assert target.send(b"").code == 13
    assert target.send(b"x" * MESSAGE_SIZE_MAX).code == 0


@scenario(memory_mb=8)
def batches_that_lie(target):
    batch = wire.send_fields(TOPIC, 0, "k") | {"m": "true"}
    before = newest(target)
    good = struct.pack(">iiiii", 23, 0, 0, 0, 1) + b"x" + b"\0\0"
    for what, body in {"nothing": b"", "a length beyond the body": struct.pack(">i", 2**31 - 1) + good[4:],
                       "a negative length": struct.pack(">i", -1) + good[4:], "a length of 0": bytes(23),
                       "a body beyond the entry": good[:16] + struct.pack(">i", 1000) + good[20:],
                       "a negative body": good[:16] + struct.pack(">i", -1) + good[20:],
                       "properties beyond the entry": good[:-2] + b"\x7f\xff", "negative properties": good[:-2] + b"\xff\xff",
                       "a good one and half of one": good + good[:10], "one without a body": good[:16] + bytes(6)}.items():
        answer = target.ask("broker", 320, batch, body)
        assert answer.code == 13 and answer.remark, f"{what}: {answer}"
    assert newest(target) == before, "a batch was stored in part"


def newest(target, queue=0):
    return int(target.ask("broker", 30, {"topic": TOPIC, "queueId": queue}).fields["offset"])


@scenario(memory_mb=8)
def queue_ids_that_are_none(target):
    for queue in 4, 5, 65_536, 2**31 - 1:
        answer = target.send(queue=queue)
        assert answer.code == 29 and f"queueId[{queue}]" in answer.remark, answer
    for queue in -1, -2, -2**31:  # The broker chooses one, as RocketMQ's does.
        answer = target.send(queue=queue)
        assert answer.code == 0 and 0 <= int(answer.fields["queueId"]) < 4, answer
    for queue in 4, -1, -2**31, 2**31 - 1:
        answer = target.pull(queueId=queue)
        assert answer.code == 29 and f"queueId[{queue}]" in answer.remark, answer
        commit = {"consumerGroup": "hostile", "topic": TOPIC, "queueId": queue, "commitOffset": 1}
        answer = target.ask("broker", 15, commit)
        assert answer.code == 29 and f"queueId[{queue}]" in answer.remark, f"an offset of queue {queue}: {answer}"
        answer = target.ask("broker", 321, {"topic": TOPIC, "queueId": queue, "index": 0, "count": 10})
        assert answer.code != 0 and answer.remark, answer
    for queue in 2**31, -2**31 - 1, "a", "1e3", "":  # No queue id at all.
        assert target.send(queue=queue).code == 1, queue


@scenario(memory_mb=8)
def properties_with_anything(target):
    odd = ["\x01", "\x02", "\x01\x01\x01", "\x02\x02\x02", "\x01\x02", "name", "name\x01", "\x01value\x02", "a\x01b\x01c\x02d\x02",
           "KEYS\x01k\x02KEYS\x01l\x02", "TAGS\x01\x02", "DELAY\x01999999999999\x02", "DELAY\x01-5\x02", "WAIT\x01maybe\x02",
           "REAL_TOPIC\x01../..\x02REAL_QID\x01-7\x02", "UNIQ_KEY\x01" + "u" * 5000 + "\x02", "KEYS\x01" + "k " * 5000 + "\x02",
           "__STARTDELIVERTIME\x01-1\x02", "MIN_OFFSET\x01x\x02", "INNER_NUM\x017\x02", "\x00\x02", "é\x01ü\x02"]
    begin = newest(target)
    stored = []
    for text in odd:
        answer = target.send(body=text.encode() or b"x", **{"i": text})
        assert answer.code in (0, 13), f"{text!r}: {answer}"
        if answer.code == 0:
            stored.append(text)
    offset, found = begin, []
    while len(found) < len(stored):
        answer = target.pull(queueOffset=offset)
        assert answer.code == 0, answer
        found += [message.body.decode() for message in wire.messages(answer.body)]
        offset = int(answer.fields["nextBeginOffset"])
    assert found == stored, [pair for pair in zip(found, stored) if pair[0] != pair[1]][:3]
    for size, code in (PROPERTIES_SIZE_MAX - 300, 0), (PROPERTIES_SIZE_MAX, 13), (33_000, 13), (200_000, 13):
        answer = target.send(**{"i": "A\x01" + "v" * (size - 3) + "\x02"})
        assert answer.code == code and (code == 0 or str(PROPERTIES_SIZE_MAX) in answer.remark), f"{size}: {answer}"


@scenario(memory_mb=16)
def delayed_messages_with_hardly_any_room_left(target):
    """Where they are to go comes to their properties after all that the producer gave."""
    for topic in TOPIC, "t" * 127:
        assert target.ask("broker", wire.CREATE_TOPIC, wire.topic_fields(topic, 4)).code == 0
        codes = []
        for size in range(32_600, PROPERTIES_SIZE_MAX + 1):
            delay = "DELAY\x011\x02"
            # To a queue of their own: they come when other scenarios look at theirs.
            answer = target.send(topic=topic, queue=2, **{"i": delay + "A\x01" + "v" * (size - len(delay) - 3) + "\x02"})
            assert answer.code == 0 or answer.code == 13 and str(PROPERTIES_SIZE_MAX) in answer.remark, f"{size}: {answer}"
            codes.append(answer.code)
        assert codes == sorted(codes) and codes[-1] == 13, codes


@scenario(memory_mb=8)
def offsets_that_nothing_lies_at(target):
    assert target.send(b"the last one").code == 0
    end = newest(target)
    for offset in end + 1, end + 1000, 2**62, 2**63 - 1:
        answer = target.pull(queueOffset=offset)
        assert answer.code == wire.PULL_OFFSET_MOVED and int(answer.fields["nextBeginOffset"]) == end, f"{offset}: {answer}"
    for offset in -1, -2**63:
        answer = target.pull(queueOffset=offset)
        assert answer.code == wire.PULL_OFFSET_MOVED and int(answer.fields["nextBeginOffset"]) == 0, f"{offset}: {answer}"
    for count in 0, -1, -2**31, 2**31 - 1:
        answer = target.pull(maxMsgNums=count)
        assert answer.code in (0, 20, 29), f"{count} messages: {answer}"
        assert len(wire.messages(answer.body)) <= 32, f"{count} messages asked for"
    for offset in -1, 1, 17, 2**40, 2**63 - 1, -2**63:
        answer = target.ask("broker", 33, {"offset": offset})
        assert answer.code != 0 and answer.remark, f"the message at {offset}: {answer}"
    # A record begins there, but another's bytes do not become one.
    pulled = wire.messages(target.pull(queueOffset=end - 1).body)[0]
    assert target.ask("broker", 33, {"offset": pulled.position}).code == 0
    assert target.ask("broker", 33, {"offset": pulled.position + 4}).code != 0
    for index, count in (end + 5, 10), (-5, 10), (2**62, 2**31 - 1), (0, -1), (0, 2**31 - 1):
        answer = target.ask("broker", 321, {"topic": TOPIC, "queueId": 0, "index": index, "count": count})
        assert len(answer.body) < 1024 * 1024, f"{index}, {count}: {len(answer.body)} bytes"
    for time_ms in -2**63, -1, 2**63 - 1:
        answer = target.ask("broker", 29, {"topic": TOPIC, "queueId": 0, "timestamp": time_ms})
        assert answer.code == 0 and 0 <= int(answer.fields["offset"]) <= end, f"{time_ms}: {answer}"
    for offset in -1, 2**63 - 1, -2**63:
        commit = {"consumerGroup": "hostile", "topic": TOPIC, "queueId": 1, "commitOffset": offset}
        assert target.ask("broker", 15, commit).code in (0, 1, 29), offset
    # Who starts there is told where the queue ends.
    offset = wait_for(lambda: target.ask("broker", 14, {"consumerGroup": "hostile", "topic": TOPIC, "queueId": 1}),
                      "an offset is known")
    assert offset.code in (0, 22), offset


@scenario(memory_mb=16)
def numbers_that_are_none(target):
    requests = {wire.PULL: wire.pull_fields("hostile", TOPIC, 0, 0), wire.SEND: wire.send_fields(TOPIC, 0, "k"),
                15: {"consumerGroup": "hostile", "topic": TOPIC, "queueId": 0, "commitOffset": 0},
                29: {"topic": TOPIC, "queueId": 0, "timestamp": 0}, wire.CREATE_TOPIC: wire.topic_fields("Numbers", 4)}
    for code, fields in requests.items():
        for name, value in fields.items():
            if not str(value).lstrip("-").isdecimal() or name in ("a", "f", "h", "subscription"):
                continue
            for wrong in "9" * 40, "-" + "9" * 40, "1.5", "NaN", "0x10", " 1", "1 ", "+", "-", "true":
                answer = target.ask("broker", code, fields | {name: wrong}, b"x")
                assert answer.code == 1 and name in answer.remark, f"{code}: {name}={wrong!r}: {answer}"
    for queues in -1, 65_537, 2**31 - 1:
        answer = target.ask("broker", wire.CREATE_TOPIC, wire.topic_fields("Numbers", queues))
        assert answer.code == 29 and "queues" in answer.remark, answer
