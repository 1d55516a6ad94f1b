"""Zero bytes and what is no UTF-8, where text belongs: in binary headers, in properties, in bodies. What of it is stored
comes back as it was, and every list that it is in can be read."""

import struct

from garbage import binary_header, frame, in_bytes, next_answer
from scenario import scenario
from target import TOPIC, Peer, read, wait_for, wire

NO_TEXT = [b"\xff\xfe", b"a\xc0\xafb", b"\xed\xa0\x80", b"\xf5\x90\x80\x80", b"\xe2\x82", b"nul\0nul", b"\0", b"\x7f\x1f"]
QUEUE = 1  # Other scenarios look at the ends of others.
GROUP = "no-text"
LISTS = {"broker": [21, 43, 45, 201, 328], "namesrv": [106, 206, 304]}


class Asked:
    """A connection whose requests have binary headers."""

    def __init__(self, port):
        self.peer = Peer(port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.peer.socket.close()

    def ask(self, code, fields, body=b""):
        """Members of a group are told of others, too, before or behind the answer."""
        self.peer.tell(frame(binary_header(code, fields), body, 1))
        while not (answer := next_answer(self.peer)).is_answer:
            pass
        return answer


def lists_can_be_read(target):
    for port, codes in LISTS.items():
        for code in codes:
            answer = target.ask(port, code, {})
            assert answer.code == 0 and read(answer.body), f"{port}: {code}: {answer}"
    assert read((target.directory / "namesrv" / "kvConfig.json").read_bytes())


@scenario(memory_mb=8)
def no_text_in_binary_headers(target):
    message = in_bytes(wire.send_fields(TOPIC, QUEUE, "k"))
    pull = in_bytes(wire.pull_fields(GROUP, TOPIC, QUEUE, 0))
    offset = in_bytes({"consumerGroup": GROUP, "topic": TOPIC, "queueId": QUEUE, "commitOffset": 0})
    with Asked(target.ports["broker"]) as broker, Asked(target.ports["namesrv"]) as namesrv:
        for text in NO_TEXT:
            value = {b"namespace": b"no text " + text, b"key": text}
            for server, code, fields, expected in [
                    (broker, wire.SEND, message | {b"b": text}, 29), (broker, wire.SEND, message | {b"a": text}, 0),
                    (broker, wire.PULL, pull | {b"topic": text}, 17), (broker, wire.PULL, pull | {b"consumerGroup": text}, 26),
                    (broker, wire.CREATE_TOPIC, in_bytes(wire.topic_fields("T", 4)) | {b"topic": text}, 29),
                    (broker, 15, offset | {b"topic": text}, 17), (broker, 15, offset | {b"consumerGroup": text}, 26),
                    (broker, 222, {b"topic": text, b"group": text, b"timestamp": b"-1", b"isForce": b"true"}, 17),
                    (broker, wire.RUNTIME_INFO, {text: text}, 0), (namesrv, wire.ROUTE, {b"topic": text}, 17),
                    (namesrv, 101, value, 22), (namesrv, 100, value | {b"value": text}, 0), (namesrv, 101, value, 0)]:
                answer = server.ask(code, fields, b"x" if code == wire.SEND else b"")
                assert answer.code == expected, f"{code} with {text!r}: {answer} instead of {expected}"
            assert answer.fields["value"] == text.decode(errors="replace"), f"{text!r}: {answer.fields}"
            assert read(namesrv.ask(219, value).body), text
            assert namesrv.ask(102, value).code == 0, text
    lists_can_be_read(target)


def end_of_queue(target):
    return int(target.ask("broker", 30, {"topic": TOPIC, "queueId": QUEUE}).fields["offset"])


@scenario(memory_mb=8)
def no_text_in_properties(target):
    """Of single messages and of batches. A zero byte is in none: RocketMQ's clients do not send any."""
    message = in_bytes(wire.send_fields(TOPIC, QUEUE, "k"))
    with Asked(target.ports["broker"]) as broker:
        for text in NO_TEXT:
            key = b"key" + text
            properties = b"KEYS\1" + key + b"\2own" + text + b"\1" + text + b"\2"
            entry = (struct.pack(">iiiii", 23 + len(properties), 0, 0, 0, 1) + b"x"
                     + struct.pack(">h", len(properties)) + properties)
            single = wire.SEND, message | {b"i": properties}, b"x"
            batch = 320, message | {b"m": b"true"}, entry * 2
            for request, count in (single, 1), (batch, 2):
                begin = end_of_queue(target)
                answer = broker.ask(*request)
                what = f"{count} with {text!r}: {answer}"
                if b"\0" in text:
                    assert answer.code == 13 and end_of_queue(target) == begin, what
                    continue
                assert answer.code == 0 and end_of_queue(target) == begin + count, what
                pulled = target.pull(queueId=QUEUE, queueOffset=begin).body
                assert len(wire.messages(pulled)) == pulled.count(properties.rstrip(b"\2")) == count, f"{what}: {pulled!r}"
            if b"\0" not in text:
                question = in_bytes({"topic": TOPIC, "maxNum": 32, "beginTimestamp": 0, "endTimestamp": 2**62}) | {b"key": key}
                wait_for(lambda: broker.ask(12, question).body.count(b"KEYS\1" + key) == 3, f"3 messages with the key {key!r}")
    lists_can_be_read(target)


@scenario(memory_mb=8)
def no_text_in_bodies(target):
    assert target.ask("broker", wire.CREATE_GROUP, {}, wire.group_body(GROUP)).code == 0
    for text in NO_TEXT:
        beat = b"""{"clientID":"id?","producerDataSet":[{"groupName":"p?"}],"consumerDataSet":[{"groupName":"%s",
            "subscriptionDataSet":[{"topic":"t?","subString":"s?","tagsSet":["?"]}]}]}""" % GROUP.encode()
        group = b"""{"groupName":"no-text","attributes":{"a?":"?"}}"""
        topics = b"""{"topicConfigSerializeWrapper":{"topicConfigTable":{"t?":{"topicName":"t?","perm":6},
            "u":{"topicName":"u","perm":6}}},"filterServerList":["?"]}"""
        queues = b'{"queueDatas":[{"brokerName":"b?","readQueueNums":1,"writeQueueNums":1,"perm":6}]}'
        broker_fields = {b"brokerName": b"b" + text, b"brokerAddr": text, b"clusterName": text, b"brokerId": b"0",
                         b"haServerAddr": text}
        with Asked(target.ports["broker"]) as broker, Asked(target.ports["namesrv"]) as namesrv:
            for server, code, fields, body, expected in [
                    (broker, 34, {}, beat, 0), (broker, wire.CREATE_GROUP, {}, group, 0),
                    (broker, wire.CREATE_GROUP, {}, b'{"groupName":"?"}', 29), (namesrv, 103, broker_fields, topics, 0),
                    (namesrv, 217, {b"topic": text}, queues, 0)]:
                answer = server.ask(code, fields, body.replace(b"?", text))
                assert answer.code == expected, f"{code} with {text!r}: {answer} instead of {expected}"
            members, route = (broker, 203, {b"consumerGroup": GROUP.encode()}), (namesrv, 105, {b"topic": b"t" + text})
            for server, code, fields in members, route:
                answer = server.ask(code, fields)
                assert answer.code == 0 and read(answer.body), f"{code} with {text!r}: {answer}"
            lists_can_be_read(target)  # While both know what they were told.
