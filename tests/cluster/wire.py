"""A small RocketMQ client over sockets: the frames, and the few requests that the tests of a cluster need.

Headers are JSON. Every wait has a deadline, a point of time.monotonic().
"""

import itertools
import json
import socket
import struct
import time
import uuid

SEND, PULL, CREATE_TOPIC, RUNTIME_INFO, ROUTE, CREATE_GROUP = 310, 11, 17, 28, 105, 200
QUERY_OFFSET, UPDATE_OFFSET = 14, 15
TRANSFER_LEADER = 300001  # TernMQ's own: the leader hands over to whoever has most of the log.
SUCCESS, PULL_NOT_FOUND, PULL_RETRY, PULL_OFFSET_MOVED = 0, 19, 20, 21
QUERY_NOT_FOUND = 22

VERSION = 477
PULL_WITH_SUBSCRIPTION = 4  # Of a pull's sysFlag; without the others it neither waits nor commits.
FRAME_MAX = 16 * 1024 * 1024

opaques = itertools.count(1)


class WireError(Exception):
    """No answer: whether the request was served is not known."""


class NotConnected(WireError):
    """The request never left."""


class Answer:
    def __init__(self, header, body):
        self.code = header["code"]
        self.opaque = header["opaque"]
        self.is_answer = header.get("flag", 0) & 1
        self.fields = header.get("extFields") or {}
        self.remark = header.get("remark") or ""
        self.body = body

    def __repr__(self):
        return f"code {self.code} {self.remark}".rstrip()


def encode(code, fields, body=b"", opaque=None):
    """A request's frame, and its opaque."""
    opaque = next(opaques) & 0x7FFFFFFF if opaque is None else opaque
    header = json.dumps({"code": code, "extFields": {name: str(value) for name, value in fields.items()}, "flag": 0,
                         "language": "JAVA", "opaque": opaque, "serializeTypeCurrentRPC": "JSON",
                         "version": VERSION}, separators=(",", ":")).encode()
    return struct.pack(">ii", 4 + len(header) + len(body), len(header)) + header + body, opaque


def cut(buffer):
    """Takes the answers that are whole off the front of a bytearray."""
    answers = []
    while len(buffer) >= 8:
        size, header_size = struct.unpack_from(">ii", buffer)
        encoding, header_size = header_size >> 24, header_size & 0xFFFFFF
        if not 4 <= size <= FRAME_MAX or encoding not in (0, 1) or header_size > size - 4:
            raise WireError(f"not a frame: {bytes(buffer[:16]).hex()}")
        if len(buffer) < 4 + size:
            break
        text = bytes(buffer[8:8 + header_size])
        header = binary_header(text) if encoding else json.loads(text.decode(errors="replace"))
        answers.append(Answer(header, bytes(buffer[8 + header_size:4 + size])))
        del buffer[:4 + size]
    return answers


def binary_header(data):
    """As the JSON one has it."""
    code, _, _, opaque, flag, remark_size = struct.unpack_from(">hBhiii", data)
    at = 17 + remark_size
    (fields_size,) = struct.unpack_from(">i", data, at)
    end, fields = at + 4 + fields_size, {}
    at += 4
    while at < end:
        (name_size,) = struct.unpack_from(">h", data, at)
        (value_size,) = struct.unpack_from(">i", data, at + 2 + name_size)
        value = at + 6 + name_size
        fields[data[at + 2:at + 2 + name_size].decode(errors="replace")] = data[value:value + value_size].decode(errors="replace")
        at = value + value_size
    return {"code": code, "opaque": opaque, "flag": flag, "remark": data[17:17 + remark_size].decode(errors="replace"),
            "extFields": fields}


def split_address(address):
    host, _, port = address.rpartition(":")
    return host, int(port)


class Connection:
    """One connection on which one request is out at a time. Connects when it is first used."""

    def __init__(self, address):
        self.address = address
        self.socket = None
        self.buffer = bytearray()

    def close(self):
        if self.socket:
            self.socket.close()
        self.socket = None
        self.buffer.clear()

    def call(self, code, fields, body=b"", *, deadline):
        """The answer. After a WireError the connection is closed: what came late would answer something else."""
        if not self.socket:
            self.connect(deadline)
        frame, opaque = encode(code, fields, body)
        try:
            self.socket.settimeout(left(deadline))
            self.socket.sendall(frame)
            while True:
                for answer in cut(self.buffer):
                    if answer.is_answer and answer.opaque == opaque:
                        return answer
                self.socket.settimeout(left(deadline))
                part = self.socket.recv(1 << 18)
                if not part:
                    raise WireError("closed by the other side")
                self.buffer += part
        except TimeoutError:
            self.close()
            raise WireError("no answer in time") from None
        except OSError as error:
            self.close()
            raise WireError(error.strerror or str(error)) from None
        except WireError:
            self.close()
            raise

    def connect(self, deadline):
        try:
            self.socket = socket.create_connection(split_address(self.address), left(deadline))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            self.socket = None
            raise NotConnected(error.strerror or str(error) or "no connection in time") from None


def left(deadline):
    """Seconds, for a socket: never 0, which would mean that it does not wait at all."""
    return max(deadline - time.monotonic(), 0.001)


def in_seconds(seconds):
    return time.monotonic() + seconds


def send_fields(topic, queue, key, born_ms=None):
    return {"a": "cluster-test", "b": topic, "c": "TBW102", "d": 4, "e": queue, "f": 0,
            "g": born_ms or int(time.time() * 1000), "h": 0, "i": f"KEYS\x01{key}\x02WAIT\x01true\x02UNIQ_KEY\x01{uuid.uuid4().hex.upper()}\x02", "j": 0,
            "k": "false", "m": "false"}


def pull_fields(group, topic, queue, offset, count=32):
    return {"consumerGroup": group, "topic": topic, "queueId": queue, "queueOffset": offset, "maxMsgNums": count,
            "sysFlag": PULL_WITH_SUBSCRIPTION, "commitOffset": 0, "suspendTimeoutMillis": 0, "subscription": "*",
            "subVersion": 0, "expressionType": "TAG"}


def offset_fields(group, topic, queue):
    return {"consumerGroup": group, "topic": topic, "queueId": queue}


def topic_fields(topic, queues):
    return {"topic": topic, "defaultTopic": "TBW102", "readQueueNums": queues, "writeQueueNums": queues, "perm": 6,
            "topicFilterType": "SINGLE_TAG", "topicSysFlag": 0, "order": "false"}


def group_body(group):
    return json.dumps({"groupName": group, "consumeEnable": True, "consumeFromMinEnable": True,
                       "consumeBroadcastEnable": True, "retryQueueNums": 1, "retryMaxTimes": 16, "brokerId": 0,
                       "whichBrokerWhenConsumeSlowly": 1}).encode()


def runtime_info(connection, deadline):
    """What a broker tells of itself; {} when it does not answer."""
    try:
        answer = connection.call(RUNTIME_INFO, {}, deadline=deadline)
    except WireError:
        return {}
    return json.loads(answer.body)["table"] if answer.code == SUCCESS else {}


def route(connection, topic, deadline):
    """Addresses by broker id of the first group that has the topic; {} when the NameServer knows none."""
    try:
        answer = connection.call(ROUTE, {"topic": topic, "acceptStandardJsonOnly": "true"}, deadline=deadline)
    except WireError:
        return {}
    return addresses_of(answer)


def addresses_of(answer):
    if answer.code != SUCCESS:
        return {}
    brokers = json.loads(answer.body).get("brokerDatas") or [{}]
    return {int(number): address for number, address in brokers[0].get("brokerAddrs", {}).items()}


class Message:
    """One of a pull's answer."""

    def __init__(self, queue, offset, position, body, topic, properties):
        self.queue, self.offset, self.position = queue, offset, position
        self.body, self.topic, self.properties = body, topic, properties

    @property
    def key(self):
        return self.properties.get("KEYS")


def messages(body):
    """The stored messages that a pull's answer consists of."""
    found = []
    at = 0
    while at < len(body):
        (size,) = struct.unpack_from(">i", body, at)
        if size < 91 or at + size > len(body):
            raise WireError(f"a message of {size} bytes, {len(body) - at} left of the answer")
        found.append(message(body, at))
        at += size
    return found


def message(data, at):
    """The record that begins there."""
    magic, _crc, queue, _flag, offset, position, flags = struct.unpack_from(">IiiiqqI", data, at + 4)
    reader = at + 40 + 8 + (20 if flags & 0x10 else 8) + 8 + (20 if flags & 0x20 else 8) + 4 + 8
    (body_size,) = struct.unpack_from(">i", data, reader)
    body = bytes(data[reader + 4:reader + 4 + body_size])
    reader += 4 + body_size
    topic_width = 2 if magic == 0xDAA320AB else 1
    topic_size = int.from_bytes(data[reader:reader + topic_width], "big")
    topic = bytes(data[reader + topic_width:reader + topic_width + topic_size]).decode(errors="replace")
    reader += topic_width + topic_size
    (properties_size,) = struct.unpack_from(">h", data, reader)
    text = bytes(data[reader + 2:reader + 2 + properties_size]).decode(errors="replace")
    pairs = (entry.partition("\x01") for entry in text.split("\x02") if entry)
    return Message(queue, offset, position, body, topic, {name: value for name, _, value in pairs})
